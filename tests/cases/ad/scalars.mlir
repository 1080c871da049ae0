// One row per operation serves both modes.
// PASS: reverse(@f), peephole
// GRAD: @f at (1.3, 0.7)
// GRAD: @f at (-0.4, 2.5)
func.func @f(%x: f64, %y: f64) -> f64 {
  %q = arith.divf %x, %y : f64
  %s = math.sin %x : f64
  %p = arith.mulf %s, %y : f64
  %r = arith.addf %q, %p : f64
  func.return %r : f64
}
// EXPECT:
func.func @f.gradient(%x: f64, %y: f64, %seed: f64) -> (f64, f64) attributes {irad.alias_groups = [0, 0, -1]} {
  %q = arith.divf %x, %y : f64
  %s = math.sin %x : f64
  %0 = arith.mulf %seed, %y : f64
  %1 = arith.mulf %seed, %s : f64
  %2 = math.cos %x : f64
  %3 = arith.mulf %0, %2 : f64
  %4 = arith.divf %seed, %y : f64
  %5 = arith.addf %3, %4 fastmath<reassoc,nsz> : f64
  %6 = arith.mulf %4, %q : f64
  %7 = arith.subf %1, %6 fastmath<reassoc,nsz> : f64
  func.return %5, %7 : f64, f64
}

// -----
// The branch that was taken decides, and integers carry no derivative.
// GRAD: @f at (1.3, 1)
// GRAD: @f at (1.3, -1)
func.func @f(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c = arith.cmpi sgt, %n, %c0 : index
  %r = scf.if %c -> (f64) {
    %e = math.exp %x : f64
    scf.yield %e : f64
  } else {
    %k = arith.sitofp %n : index to f64
    %m = arith.mulf %x, %k : f64
    scf.yield %m : f64
  }
  func.return %r : f64
}

// -----
// A function of a function; a result is cheaper to use than to compute again.
// GRAD: @f at (0.8,)
func.func @f(%x: f64) -> f64 {
  %y = arith.mulf %x, %x : f64
  %t = math.tanh %y : f64
  func.return %t : f64
}

// -----
// Two results, one of which does not depend on the argument.
// GRAD: @f at (0.8, 1.5)
func.func @f(%x: f64, %y: f64) -> (f64, f64) {
  %a = math.atan2 %x, %y : f64
  %b = math.sqrt %y : f64
  func.return %a, %b : f64, f64
}
