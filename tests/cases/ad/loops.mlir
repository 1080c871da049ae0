// A power by repeated multiplication.
// GRAD: @pow at (1.3, 5)
// GRAD: @pow at (1.3, 0)
func.func @pow(%x: f64, %n: index) -> f64 {
  %one = arith.constant 1.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %p = scf.for %i = %c0 to %n step %c1 iter_args(%a = %one) -> (f64) {
    %b = arith.mulf %a, %x : f64
    scf.yield %b : f64
  }
  func.return %p : f64
}

// -----
// The same, run backwards, with an index that matters.
// PASS: peephole
// GRAD: @f at (0.9, 5)
func.func @f(%x: f64, %n: index) -> f64 {
  %one = arith.constant 1.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %p = scf.for %i = %c0 to %n step %c1 iter_args(%a = %one) -> (f64) {
    %k = arith.sitofp %i : index to f64
    %b = arith.mulf %a, %x : f64
    %s = math.sin %b : f64
    %c = arith.addf %s, %k : f64
    scf.yield %c : f64
  } {irad.reversed}
  func.return %p : f64
}

// -----
// A triangular nest.
// GRAD: @f at ([0.3, -0.8, 1.2, 0.5],)
func.func @f(%x: memref<?xf64>) -> f64 {
  %zero = arith.constant 0.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero) -> (f64) {
    %a = memref.load %x[%i] : memref<?xf64>
    %t = scf.for %j = %c0 to %i step %c1 iter_args(%u = %s) -> (f64) {
      %b = memref.load %x[%j] : memref<?xf64>
      %p = arith.mulf %a, %b : f64
      %e = math.sin %p : f64
      %v = arith.mulf %u, %e : f64
      %w = arith.addf %v, %p : f64
      scf.yield %w : f64
    }
    scf.yield %t : f64
  }
  func.return %r : f64
}

// -----
// Newton's root: nobody knows the trips beforehand.
// GRAD: @newton at (2.0,)
// GRAD: @newton at (0.3,)
func.func @newton(%a: f64) -> f64 {
  %eps = arith.constant 1.0e-9 : f64
  %half = arith.constant 0.5 : f64
  %r = scf.while (%x = %a) : (f64) -> f64 {
    %s = arith.mulf %x, %x : f64
    %d = arith.subf %s, %a : f64
    %e = math.absf %d : f64
    %c = arith.cmpf ogt, %e, %eps : f64
    scf.condition(%c) %x : f64
  } do {
  ^bb0(%x: f64):
    %q = arith.divf %a, %x : f64
    %s = arith.addf %x, %q : f64
    %n = arith.mulf %half, %s : f64
    scf.yield %n : f64
  }
  func.return %r : f64
}

// -----
// while (x := x * 0.5) > 1.0: s += x, and then s + x: the run of the before-region that ends the loop has a derivative too.
// GRAD: @f at (3.0,)
// GRAD: @f at (0.5,)
// GRAD: @f at (17.0,)
func.func @f(%x: f64) -> f64 {
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %half = arith.constant 0.5 : f64
  %y, %s = scf.while (%a = %x, %t = %zero) : (f64, f64) -> (f64, f64) {
    %b = arith.mulf %a, %half : f64
    %c = arith.cmpf ogt, %b, %one : f64
    scf.condition(%c) %b, %t : f64, f64
  } do {
  ^bb0(%b: f64, %t: f64):
    %p = arith.mulf %b, %b : f64
    %u = arith.addf %t, %p : f64
    scf.yield %b, %u : f64, f64
  }
  %r = arith.addf %s, %y : f64
  func.return %r : f64
}
