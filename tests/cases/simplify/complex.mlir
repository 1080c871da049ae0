// Parts of what has just been put together, and what is put together from the parts of one number.
// PASS: peephole
// CALL: @f(1.5, 2-3j) == 1.5, 2.0, 2-3j
func.func @f(%x: f64, %z: complex<f64>) -> (f64, f64, complex<f64>) {
  %a = complex.re %z : complex<f64>
  %b = complex.im %z : complex<f64>
  %w = complex.create %x, %a : complex<f64>
  %c = complex.re %w : complex<f64>
  %d = complex.im %w : complex<f64>
  %v = complex.create %a, %b : complex<f64>
  func.return %c, %d, %v : f64, f64, complex<f64>
}
// EXPECT:
func.func @f(%x: f64, %z: complex<f64>) -> (f64, f64, complex<f64>) {
  %d = complex.re %z : complex<f64>
  func.return %x, %d, %z : f64, f64, complex<f64>
}

// -----
// The parts the other way round are another number.
// PASS: peephole
// CALL: @f(2-3j) == -3+2j
func.func @f(%z: complex<f64>) -> complex<f64> {
  %a = complex.re %z : complex<f64>
  %b = complex.im %z : complex<f64>
  %w = complex.create %b, %a : complex<f64>
  func.return %w : complex<f64>
}
// EXPECT:
func.func @f(%z: complex<f64>) -> complex<f64> {
  %a = complex.re %z : complex<f64>
  %b = complex.im %z : complex<f64>
  %w = complex.create %b, %a : complex<f64>
  func.return %w : complex<f64>
}

// -----
// A view of a view of the parts: the offset of the inner one counts complex numbers, each of them two parts.
// PASS: peephole
// CALL: @f([1+2j, 3+4j, 5+6j]) == 6.0, 5.0
func.func @f(%x: memref<?xcomplex<f64>>) -> (f64, f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %tail = irad.view %x[%c1] [%c2] [%c1] : memref<?xcomplex<f64>> to memref<2xcomplex<f64>, strided<[?], offset: ?>>
  %im = irad.view %tail[%c1] [%c2] [%c2] : memref<2xcomplex<f64>, strided<[?], offset: ?>> to memref<2xf64, strided<[?], offset: ?>>
  %re = irad.view %tail[%c0] [%c2] [%c2] : memref<2xcomplex<f64>, strided<[?], offset: ?>> to memref<2xf64, strided<[?], offset: ?>>
  %a = memref.load %im[%c1] : memref<2xf64, strided<[?], offset: ?>>
  %b = memref.load %re[%c1] : memref<2xf64, strided<[?], offset: ?>>
  func.return %a, %b : f64, f64
}

// -----
// Scalar replacement and loads known from stores, of complex elements; an element that nobody stored is zero.
// PASS: mem2reg, memory, peephole
// CALL: @f(2-3j) == -3.0, 0.0
func.func @f(%z: complex<f64>) -> (f64, f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = memref.alloc() : memref<2xcomplex<f64>>
  memref.store %z, %m[%c0] : memref<2xcomplex<f64>>
  %zero = arith.constant 0.0 : f64
  %o = complex.create %zero, %zero : complex<f64>
  memref.store %o, %m[%c1] : memref<2xcomplex<f64>>
  %w = memref.load %m[%c0] : memref<2xcomplex<f64>>
  %v = memref.load %m[%c1] : memref<2xcomplex<f64>>
  %a = complex.im %w : complex<f64>
  %b = complex.re %v : complex<f64>
  func.return %a, %b : f64, f64
}
// EXPECT:
func.func @f(%z: complex<f64>) -> (f64, f64) {
  %zero = arith.constant 0.0 : f64
  %a = complex.im %z : complex<f64>
  func.return %a, %zero : f64, f64
}
