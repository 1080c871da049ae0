// Views share memory: a transposed view, a reversed one, a broadcast one, and a diagonal.
// CALL: @transposed([[1, 2, 3], [4, 5, 6]], 2, 0) == 3.0 leaves ([[1, 2, -1], [4, 5, 6]], 2, 0)
func.func @transposed(%x: memref<?x?xf64>, %i: index, %j: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %minus = arith.constant -1.0 : f64
  %n = memref.dim %x, %c0 : memref<?x?xf64>
  %m = memref.dim %x, %c1 : memref<?x?xf64>
  %s = irad.stride %x, %c0 : memref<?x?xf64>
  %t = irad.view %x[%c0] [%m, %n] [%c1, %s] : memref<?x?xf64> to memref<?x?xf64, strided<[?, ?], offset: ?>>
  %v = memref.load %t[%i, %j] : memref<?x?xf64, strided<[?, ?], offset: ?>>
  memref.store %minus, %t[%i, %j] : memref<?x?xf64, strided<[?, ?], offset: ?>>
  func.return %v : f64
}

// -----
// x[::-1][k] and x[1:]: steps may be negative.
// CALL: @reversed([1, 2, 3, 4], 0) == 4.0
// CALL: @reversed([1, 2, 3, 4], 3) == 1.0
func.func @reversed(%x: memref<?xf64>, %k: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %back = arith.constant -1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %last = arith.subi %n, %c1 : index
  %r = memref.subview %x[%last] [%n] [%back] : memref<?xf64> to memref<?xf64, strided<[?], offset: ?>>
  %v = memref.load %r[%k] : memref<?xf64, strided<[?], offset: ?>>
  func.return %v : f64
}

// -----
// A column: the other axis is dropped.
// CALL: @column([[1, 2, 3], [4, 5, 6]], 1) == 7.0
func.func @column(%x: memref<?x3xf64>, %j: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?x3xf64>
  %c = memref.subview %x[%c0, %j] [%n, %c1] [%c1, %c1] {irad.dropped = [1]} : memref<?x3xf64> to memref<?xf64, strided<[?], offset: ?>>
  %s = irad.reduce (%a = %c : memref<?xf64, strided<[?], offset: ?>>) init (%t = %zero : f64) {
    %u = arith.addf %t, %a : f64
    scf.yield %u : f64
  }
  func.return %s : f64
}

// -----
// Stacks keep what was written when they grow, and a released piece until the next reserve.
// CALL: @stack(3) == 5.0
// CALL: @stack(200000) == 5.0
func.func @stack(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %two = arith.constant 2.0 : f64
  %three = arith.constant 3.0 : f64
  %s = irad.stack : !irad.stack<f64>
  %p = irad.reserve %s, %n : !irad.stack<f64>
  memref.store %two, %p[%c0] : memref<?xf64>
  %q = irad.reserve %s, %n : !irad.stack<f64>
  memref.store %three, %q[%c0] : memref<?xf64>
  %a = memref.load %p[%c0] : memref<?xf64>
  %r = irad.release %s, %n : !irad.stack<f64>
  %b = memref.load %r[%c0] : memref<?xf64>
  %sum = arith.addf %a, %b : f64
  func.return %sum : f64
}
