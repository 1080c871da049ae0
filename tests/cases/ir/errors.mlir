// What the parser and the verifier say, on the line that is wrong.
func.func @f(%x: f64, %i: index) -> f64 {
  %z = arith.addf %x, %i : f64   // ERROR: operand 1 (%i) has type index, expected f64
  func.return %z : f64
}

// -----
func.func @f(%x: f64, %i: index) -> f64 {
  %z = arith.addf %i, %x : f64   // ERROR: %i has type index, not f64
  func.return %z : f64
}

// -----
func.func @f(%c: i1) -> f64 {
  scf.if %c {
    %x = arith.constant 1.0 : f64
  }
  func.return %x : f64   // ERROR: %x is not defined here
}

// -----
func.func @f(%x: memref<?xf64, strided<[?], offset: ?>>) -> memref<?xf64> {
  func.return %x : memref<?xf64, strided<[?], offset: ?>>   // ERROR: expected (memref<?xf64>)
}

// -----
func.func @f(%x: memref<?xf64>, %i: index) {
  irad.map () into %x : memref<?xf64> {   // ERROR: its region holds memref.load, which is not pure
    %y = memref.load %x[%i] : memref<?xf64>
    scf.yield %y : f64
  }
  func.return
}

// -----
// ERROR: calls @g, which the module does not have
func.func @f() {
  func.call @g() : () -> ()
  func.return
}

// -----
// ERROR: operand 1 (%i) has type index, expected f64
func.func @f(%x: f64, %i: index) -> complex<f64> {
  %z = "complex.create"(%x, %i) : (f64, index) -> complex<f64>
  func.return %z : complex<f64>
}

// -----
// ERROR: operand 0 (%x) has type f64, expected a complex number
func.func @f(%x: f64) -> f64 {
  %a = "complex.re"(%x) : (f64) -> f64
  func.return %a : f64
}

// -----
// ERROR: expected elements of type complex<f64>
func.func @f(%x: memref<?xcomplex<f64>>, %n: index) -> memref<?xf32> {
  %a = "irad.view"(%x, %n, %n, %n) : (memref<?xcomplex<f64>>, index, index, index) -> memref<?xf32>
  func.return %a : memref<?xf32>
}
