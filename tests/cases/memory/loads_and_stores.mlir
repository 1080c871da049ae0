// A store to the caller's memory stays in front of what may raise; one to local memory need not.
// PASS: memory
// CALL: @f([1.0], 1.0) leaves ([3.0], 1.0)
// CALL: @f([1.0], -1.0) raises ValueError leaves ([2.0], -1.0)
func.func @f(%x: memref<?xf64>, %y: f64) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f64
  %two = arith.constant 2.0 : f64
  %three = arith.constant 3.0 : f64
  %t = memref.alloc() : memref<1xf64>
  memref.store %two, %t[%c0] : memref<1xf64>
  memref.store %two, %x[%c0] : memref<?xf64>
  %ok = arith.cmpf ogt, %y, %zero : f64
  irad.check %ok {error = "ValueError", message = "negative"} : i1
  memref.store %three, %x[%c0] : memref<?xf64>
  memref.store %three, %t[%c0] : memref<1xf64>
  func.return
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %y: f64) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f64
  %two = arith.constant 2.0 : f64
  %three = arith.constant 3.0 : f64
  %t = memref.alloc() : memref<1xf64>
  memref.store %two, %x[%c0] : memref<?xf64>
  %ok = arith.cmpf ogt, %y, %zero : f64
  irad.check %ok {error = "ValueError", message = "negative"} : i1
  memref.store %three, %x[%c0] : memref<?xf64>
  memref.store %three, %t[%c0] : memref<1xf64>
  func.return
}

// -----
// Arguments may overlap: the store to y may be one to x.
// PASS: memory
// CALL: @f([1.0, 2.0], [3.0, 4.0]) == 1.0
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  %v = arith.constant 7.0 : f64
  %a = memref.load %x[%c0] : memref<?xf64>
  memref.store %v, %y[%c0] : memref<?xf64>
  %b = memref.load %x[%c0] : memref<?xf64>
  %c = arith.mulf %a, %b : f64
  func.return %c : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  %v = arith.constant 7.0 : f64
  %a = memref.load %x[%c0] : memref<?xf64>
  memref.store %v, %y[%c0] : memref<?xf64>
  %b = memref.load %x[%c0] : memref<?xf64>
  %c = arith.mulf %a, %b : f64
  func.return %c : f64
}

// -----
// They may not: the second load is the first.
// PASS: memory
// CALL: @f([1.0, 2.0], [3.0, 4.0]) == 1.0
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) -> f64 attributes {irad.noalias} {
  %c0 = arith.constant 0 : index
  %v = arith.constant 7.0 : f64
  %a = memref.load %x[%c0] : memref<?xf64>
  memref.store %v, %y[%c0] : memref<?xf64>
  %b = memref.load %x[%c0] : memref<?xf64>
  %c = arith.mulf %a, %b : f64
  func.return %c : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) -> f64 attributes {irad.noalias} {
  %c0 = arith.constant 0 : index
  %v = arith.constant 7.0 : f64
  %a = memref.load %x[%c0] : memref<?xf64>
  memref.store %v, %y[%c0] : memref<?xf64>
  %c = arith.mulf %a, %a : f64
  func.return %c : f64
}

// -----
// Neighbours of one array are different elements, whatever i is.
// PASS: memory
// CALL: @f([1.0, 2.0, 3.0], 1) == 3.0 leaves ([2.0, 2.0, 2.0], 1)
func.func @f(%x: memref<?xf64>, %i: index) -> f64 {
  %c1 = arith.constant 1 : index
  %up = arith.addi %i, %c1 : index
  %down = arith.subi %i, %c1 : index
  %a = memref.load %x[%up] : memref<?xf64>
  %b = memref.load %x[%i] : memref<?xf64>
  memref.store %b, %x[%up] : memref<?xf64>
  memref.store %b, %x[%down] : memref<?xf64>
  memref.store %b, %x[%i] : memref<?xf64>
  func.return %a : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %i: index) -> f64 {
  %c1 = arith.constant 1 : index
  %up = arith.addi %i, %c1 : index
  %down = arith.subi %i, %c1 : index
  %a = memref.load %x[%up] : memref<?xf64>
  %b = memref.load %x[%i] : memref<?xf64>
  memref.store %b, %x[%up] : memref<?xf64>
  memref.store %b, %x[%down] : memref<?xf64>
  func.return %a : f64
}

// -----
// What both branches leave known is known; what a loop writes is not.
// PASS: memory
// CALL: @f([1.0, 2.0], 3, True) == 4.0
// CALL: @f([1.0, 2.0], 0, False) == 2.0
func.func @f(%x: memref<?xf64>, %n: index, %c: i1) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %a = memref.load %x[%c0] : memref<?xf64>
  scf.if %c {
    memref.store %zero, %x[%c1] : memref<?xf64>
  }
  %b = memref.load %x[%c0] : memref<?xf64>
  scf.for %i = %c0 to %n step %c1 {
    %d = memref.load %x[%c0] : memref<?xf64>
    %e = arith.addf %d, %one : f64
    memref.store %e, %x[%c0] : memref<?xf64>
  }
  %g = memref.load %x[%c0] : memref<?xf64>
  %r = arith.mulf %b, %g : f64
  %t = arith.cmpi sgt, %n, %c0 : index
  %u = arith.select %t, %r, %r : f64
  %two = arith.constant 2.0 : f64
  %w = arith.select %c, %u, %two : f64
  func.return %w : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %n: index, %c: i1) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %a = memref.load %x[%c0] : memref<?xf64>
  scf.if %c {
    memref.store %zero, %x[%c1] : memref<?xf64>
  }
  scf.for %i = %c0 to %n step %c1 {
    %d = memref.load %x[%c0] : memref<?xf64>
    %e = arith.addf %d, %one : f64
    memref.store %e, %x[%c0] : memref<?xf64>
  }
  %g = memref.load %x[%c0] : memref<?xf64>
  %r = arith.mulf %a, %g : f64
  %t = arith.cmpi sgt, %n, %c0 : index
  %u = arith.select %t, %r, %r : f64
  %two = arith.constant 2.0 : f64
  %w = arith.select %c, %u, %two : f64
  func.return %w : f64
}

// -----
// Two buffers that a loop swaps are never the same: the load from one survives the store to the other.
// PASS: memory
// CALL: @f(2) == 4.0
// CALL: @f(3) == 6.0
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %two = arith.constant 2.0 : f64
  %a = memref.alloc() : memref<1xf64>
  %b = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  memref.store %two, %b[%c0] : memref<1xf64>
  %r:3 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a, %v = %b, %s = %one) -> (memref<1xf64>, memref<1xf64>, f64) {
    %x = memref.load %u[%c0] : memref<1xf64>
    memref.store %x, %v[%c0] : memref<1xf64>
    %y = memref.load %u[%c0] : memref<1xf64>
    %z = arith.addf %x, %y : f64
    %t = arith.addf %s, %one : f64
    scf.yield %v, %u, %t : memref<1xf64>, memref<1xf64>, f64
  }
  %p = arith.subf %r#2, %one : f64
  %q = arith.mulf %p, %two : f64
  func.return %q : f64
}
// EXPECT:
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %two = arith.constant 2.0 : f64
  %a = memref.alloc() : memref<1xf64>
  %b = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  memref.store %two, %b[%c0] : memref<1xf64>
  %0, %1, %2 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a, %v = %b, %s = %one) -> (memref<1xf64>, memref<1xf64>, f64) {
    %x = memref.load %u[%c0] : memref<1xf64>
    memref.store %x, %v[%c0] : memref<1xf64>
    %z = arith.addf %x, %x : f64
    %t = arith.addf %s, %one : f64
    scf.yield %v, %u, %t : memref<1xf64>, memref<1xf64>, f64
  }
  %p = arith.subf %2, %one : f64
  %q = arith.mulf %p, %two : f64
  func.return %q : f64
}
