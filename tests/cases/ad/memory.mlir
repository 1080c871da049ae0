// In-place squares: the one value to keep is what was overwritten.
// PASS: peephole
// GRAD: @f at ([0.3, -0.8, 1.2], 3)
// GRAD: @f at ([0.3, -0.8, 1.2], 2)
// GRAD: @f at ([0.3], 0)
func.func @f(%x: memref<?xf64>, %n: index) -> f64 {
  %zero = arith.constant 0.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %v = memref.load %x[%i] : memref<?xf64>
    %b = arith.mulf %v, %v : f64
    memref.store %b, %x[%i] : memref<?xf64>
    %t = math.sin %b : f64
    %r = arith.addf %a, %t : f64
    scf.yield %r : f64
  }
  func.return %s : f64
}

// -----
// A recurrence in place: every element depends on those before it.
// GRAD: @f at ([0.3, -0.8, 1.2, 0.4],)
func.func @f(%x: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  scf.for %i = %c1 to %n step %c1 {
    %j = arith.subi %i, %c1 : index
    %a = memref.load %x[%j] : memref<?xf64>
    %b = memref.load %x[%i] : memref<?xf64>
    %p = arith.mulf %a, %b : f64
    %e = math.exp %p : f64
    memref.store %e, %x[%i] : memref<?xf64>
  }
  func.return
}

// -----
// An inactive value stored into active memory ends the derivative of what was there.
// GRAD: @f at ([0.3, -0.8], 0.5)
func.func @f(%x: memref<?xf64>, %y: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %seven = arith.constant 7.0 : f64
  %a = memref.load %x[%c0] : memref<?xf64>
  memref.store %seven, %x[%c0] : memref<?xf64>
  %b = memref.load %x[%c0] : memref<?xf64>
  %p = arith.mulf %a, %b : f64
  %q = arith.mulf %p, %y : f64
  memref.store %q, %x[%c1] : memref<?xf64>
  func.return %p : f64
}

// -----
// Views: written through one, read through the other.
// GRAD: @f at ([[0.3, -0.8, 1.2], [0.4, 0.9, -0.2]],)
func.func @f(%x: memref<?x?xf64>) -> f64 {
  %zero = arith.constant 0.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %back = arith.constant -1 : index
  %n = memref.dim %x, %c0 : memref<?x?xf64>
  %m = memref.dim %x, %c1 : memref<?x?xf64>
  %last = arith.subi %m, %c1 : index
  %row = memref.subview %x[%c0, %last] [%c1, %m] [%c1, %back] {irad.dropped = [0]} : memref<?x?xf64> to memref<?xf64, strided<[?], offset: ?>>
  %r = scf.for %j = %c0 to %m step %c1 iter_args(%s = %zero) -> (f64) {
    %a = memref.load %row[%j] : memref<?xf64, strided<[?], offset: ?>>
    %b = memref.load %x[%c1, %j] : memref<?x?xf64>
    %p = arith.mulf %a, %b : f64
    memref.store %p, %row[%j] : memref<?xf64, strided<[?], offset: ?>>
    %v = memref.load %x[%c0, %j] : memref<?x?xf64>
    %q = arith.mulf %v, %v : f64
    %t = arith.addf %s, %q : f64
    scf.yield %t : f64
  }
  func.return %r : f64
}

// -----
// Two buffers that swap places, one of them local.
// GRAD: @f at ([0.3, -0.8, 1.2, 0.4], 3)
// GRAD: @f at ([0.3, -0.8, 1.2, 0.4], 0)
func.func @f(%x: memref<?xf64>, %steps: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %last = arith.subi %n, %c1 : index
  %y = memref.alloc(%n) : memref<?xf64>
  scf.for %i = %c0 to %n step %c1 {
    %v = memref.load %x[%i] : memref<?xf64>
    memref.store %v, %y[%i] : memref<?xf64>
  }
  %now, %then = scf.for %t = %c0 to %steps step %c1 iter_args(%a = %x, %b = %y) -> (memref<?xf64>, memref<?xf64>) {
    scf.for %i = %c1 to %last step %c1 {
      %h = arith.subi %i, %c1 : index
      %j = arith.addi %i, %c1 : index
      %l = memref.load %a[%h] : memref<?xf64>
      %r = memref.load %a[%j] : memref<?xf64>
      %p = arith.mulf %l, %r : f64
      memref.store %p, %b[%i] : memref<?xf64>
    }
    scf.yield %b, %a : memref<?xf64>, memref<?xf64>
  }
  %r = memref.load %now[%c1] : memref<?xf64>
  func.return %r : f64
}
