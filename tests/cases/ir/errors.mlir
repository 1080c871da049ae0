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
