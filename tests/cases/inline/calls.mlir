// What is recursive stays a call; what it calls is inlined into it.
// PASS: inline
// CALL: @f(3.0, 4) == 81.0
func.func @times(%x: f64, %y: f64) -> f64 {
  %z = arith.mulf %x, %y : f64
  func.return %z : f64
}
func.func @power(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %go = arith.cmpi sgt, %n, %c0 : index
  %r = scf.if %go -> (f64) {
    %m = arith.subi %n, %c1 : index
    %p = func.call @power(%x, %m) : (f64, index) -> f64
    %q = func.call @times(%x, %p) : (f64, f64) -> f64
    scf.yield %q : f64
  } else {
    scf.yield %one : f64
  }
  func.return %r : f64
}
func.func @f(%x: f64, %n: index) -> f64 {
  %r = func.call @power(%x, %n) : (f64, index) -> f64
  func.return %r : f64
}
// EXPECT:
func.func @times(%x: f64, %y: f64) -> f64 {
  %z = arith.mulf %x, %y : f64
  func.return %z : f64
}

func.func @power(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %go = arith.cmpi sgt, %n, %c0 : index
  %r = scf.if %go -> (f64) {
    %m = arith.subi %n, %c1 : index
    %p = func.call @power(%x, %m) : (f64, index) -> f64
    %z = arith.mulf %x, %p : f64
    scf.yield %z : f64
  } else {
    scf.yield %one : f64
  }
  func.return %r : f64
}

func.func @f(%x: f64, %n: index) -> f64 {
  %r = func.call @power(%x, %n) : (f64, index) -> f64
  func.return %r : f64
}
