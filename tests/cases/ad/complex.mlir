// A product, on the parts: the adjoint of x + iy is dL/dx + i dL/dy.
// CALL: @f(3.1+2.7j, 1j) == -2.7+3.1j
// GRAD: @f at (3.1+2.7j, 0.3-1j)
func.func @f(%z: complex<f64>, %w: complex<f64>) -> complex<f64> {
  %a = complex.re %z : complex<f64>
  %b = complex.im %z : complex<f64>
  %c = complex.re %w : complex<f64>
  %d = complex.im %w : complex<f64>
  %ac = arith.mulf %a, %c : f64
  %bd = arith.mulf %b, %d : f64
  %ad = arith.mulf %a, %d : f64
  %bc = arith.mulf %b, %c : f64
  %re = arith.subf %ac, %bd : f64
  %im = arith.addf %ad, %bc : f64
  %p = complex.create %re, %im : complex<f64>
  func.return %p : complex<f64>
}

// -----
// Carried by a loop, chosen by a branch and by a select, kept on a tape.
// GRAD: @f at ([0.3+0.1j, 0.1-0.8j, 1.2-0.4j], 0.7+0.2j, 3)
// GRAD: @f at ([0.3+0.1j], 0.7+0.2j, 0)
func.func @f(%x: memref<?xcomplex<f64>>, %z: complex<f64>, %n: index) -> (f64, complex<f64>) {
  %zero = arith.constant 0.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%w = %z) -> (complex<f64>) {
    %v = memref.load %x[%i] : memref<?xcomplex<f64>>
    %a = complex.re %v : complex<f64>
    %b = complex.im %v : complex<f64>
    %c = complex.re %w : complex<f64>
    %d = complex.im %w : complex<f64>
    %s = math.sin %c : f64
    %p = arith.mulf %a, %s : f64
    %q = arith.mulf %b, %d : f64
    %t = complex.create %q, %p : complex<f64>
    %positive = arith.cmpf ogt, %a, %zero : f64
    %u = scf.if %positive -> (complex<f64>) {
      %e = math.exp %p : f64
      %y = complex.create %e, %d : complex<f64>
      scf.yield %y : complex<f64>
    } else {
      scf.yield %w : complex<f64>
    }
    memref.store %t, %x[%i] : memref<?xcomplex<f64>>
    %k = arith.cmpf ogt, %b, %zero : f64
    %g = arith.select %k, %t, %u : complex<f64>
    scf.yield %g : complex<f64>
  }
  %h = complex.im %r : complex<f64>
  func.return %h, %r : f64, complex<f64>
}

// -----
// Memory seen as complex numbers and as their parts: what is written through one is read through the other.
// PASS: peephole, memory, peephole
// CALL: @f([1+2j, 3+4j]) == 12.0 leaves ([1+2j, 3+12j])
// GRAD: @f at ([1+2j, 3+4j],)
func.func @f(%x: memref<?xcomplex<f64>>) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %n = memref.dim %x, %c0 : memref<?xcomplex<f64>>
  %im = irad.view %x[%c1] [%n] [%c2] : memref<?xcomplex<f64>> to memref<?xf64, strided<[?], offset: ?>>
  %z = memref.load %x[%c1] : memref<?xcomplex<f64>>
  %a = complex.re %z : complex<f64>
  %b = memref.load %im[%c1] : memref<?xf64, strided<[?], offset: ?>>
  %p = arith.mulf %a, %b : f64
  memref.store %p, %im[%c1] : memref<?xf64, strided<[?], offset: ?>>
  %w = memref.load %x[%c1] : memref<?xcomplex<f64>>
  %q = complex.im %w : complex<f64>
  func.return %q : f64
}

// -----
// A complex value passed to a function and returned.
// GRAD: @f at (0.3-0.7j, 1.5)
func.func @turn(%z: complex<f64>) -> complex<f64> {
  %a = complex.re %z : complex<f64>
  %b = complex.im %z : complex<f64>
  %m = arith.negf %b : f64
  %e = math.exp %a : f64
  %w = complex.create %m, %e : complex<f64>
  func.return %w : complex<f64>
}

func.func @f(%z: complex<f64>, %x: f64) -> complex<f64> {
  %w = func.call @turn(%z) : (complex<f64>) -> complex<f64>
  %b = complex.im %w : complex<f64>
  %c = arith.mulf %b, %x : f64
  %y = complex.create %c, %x : complex<f64>
  %v = func.call @turn(%y) : (complex<f64>) -> complex<f64>
  func.return %v : complex<f64>
}
