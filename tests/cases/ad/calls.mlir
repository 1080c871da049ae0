// A helper that writes its argument, called twice.
// GRAD: @f at ([0.3, -0.8], 1.5)
func.func @f(%x: memref<?xf64>, %y: f64) -> f64 {
  %a = func.call @scale(%x, %y) : (memref<?xf64>, f64) -> f64
  %b = func.call @scale(%x, %a) : (memref<?xf64>, f64) -> f64
  %r = arith.mulf %a, %b : f64
  func.return %r : f64
}

func.func @scale(%x: memref<?xf64>, %k: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %v = memref.load %x[%c0] : memref<?xf64>
  %p = arith.mulf %v, %k : f64
  memref.store %p, %x[%c0] : memref<?xf64>
  %s = math.sin %p : f64
  func.return %s : f64
}

// -----
// Recursion: x ** n by squaring.
// GRAD: @pow at (1.2, 9)
// GRAD: @pow at (1.2, 0)
func.func @pow(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %one = arith.constant 1.0 : f64
  %end = arith.cmpi eq, %n, %c0 : index
  %r = scf.if %end -> (f64) {
    scf.yield %one : f64
  } else {
    %half = arith.divsi %n, %c2 : index
    %odd = arith.remsi %n, %c2 : index
    %p = func.call @pow(%x, %half) : (f64, index) -> f64
    %q = arith.mulf %p, %p : f64
    %o = arith.cmpi eq, %odd, %c1 : index
    %s = scf.if %o -> (f64) {
      %t = arith.mulf %q, %x : f64
      scf.yield %t : f64
    } else {
      scf.yield %q : f64
    }
    scf.yield %s : f64
  }
  func.return %r : f64
}

// -----
// A derivative does not run what the primal refuses: the check fails before anything is accumulated.
// PASS: reverse(@f)
// GRAD: @f at ([0.5, 2.0], 1)
// CALL: @f.gradient([0.5, 2.0], [0.0, 0.0], 2, 1.0) raises IndexError: index 2 is out of bounds leaves ([0.5, 2.0], [0.0, 0.0], 2, 1.0)
func.func @f(%x: memref<?xf64>, %i: index) -> f64 {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %j = irad.index %i, %n {axis = 0} : index
  %v = memref.load %x[%j] : memref<?xf64>
  %p = arith.mulf %v, %v : f64
  func.return %p : f64
}
