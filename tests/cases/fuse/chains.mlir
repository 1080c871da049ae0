// x[1:] = x[:-1] * 2: the halves overlap, so the temporary stays.
// PASS: fuse, lower-arrays
// CALL: @f([1.0, 2.0, 3.0]) leaves ([1.0, 2.0, 4.0])
func.func @f(%x: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %m = arith.subi %n, %c1 : index
  %a = memref.subview %x[%c0] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %b = memref.subview %x[%c1] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %t = memref.alloc(%m) : memref<?xf64>
  irad.map (%e = %a : memref<?xf64>) into %t : memref<?xf64> {
    %d = arith.addf %e, %e : f64
    scf.yield %d : f64
  }
  irad.map (%e = %t : memref<?xf64>) into %b : memref<?xf64> {
    scf.yield %e : f64
  }
  func.return
}
// EXPECT:
func.func @f(%x: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %m = arith.subi %n, %c1 : index
  %a = memref.subview %x[%c0] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %b = memref.subview %x[%c1] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %t = memref.alloc(%m) : memref<?xf64>
  %c0_0 = arith.constant 0 : index
  %0 = memref.dim %t, %c0_0 : memref<?xf64>
  %c0_1 = arith.constant 0 : index
  %c1_0 = arith.constant 1 : index
  scf.for %i = %c0_1 to %0 step %c1_0 {
    %1 = memref.load %a[%i] : memref<?xf64>
    %d = arith.addf %1, %1 : f64
    memref.store %d, %t[%i] : memref<?xf64>
  }
  %c0_2 = arith.constant 0 : index
  %2 = memref.dim %b, %c0_2 : memref<?xf64>
  %c0_3 = arith.constant 0 : index
  %c1_1 = arith.constant 1 : index
  scf.for %i_0 = %c0_3 to %2 step %c1_1 {
    %3 = memref.load %t[%i_0] : memref<?xf64>
    memref.store %3, %b[%i_0] : memref<?xf64>
  }
  func.return
}

// -----
// x[m:] = x[:m] * 2: one half ends where the other begins.
// PASS: fuse, lower-arrays
// CALL: @f([1.0, 2.0, 3.0, 4.0], 2) leaves ([1.0, 2.0, 2.0, 4.0], 2)
func.func @f(%x: memref<?xf64>, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.subview %x[%c0] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %b = memref.subview %x[%m] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %t = memref.alloc(%m) : memref<?xf64>
  irad.map (%e = %a : memref<?xf64>) into %t : memref<?xf64> {
    %d = arith.addf %e, %e : f64
    scf.yield %d : f64
  }
  irad.map (%e = %t : memref<?xf64>) into %b : memref<?xf64> {
    scf.yield %e : f64
  }
  func.return
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.subview %x[%c0] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %b = memref.subview %x[%m] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %t = memref.alloc(%m) : memref<?xf64>
  %c0_0 = arith.constant 0 : index
  %0 = memref.dim %b, %c0_0 : memref<?xf64>
  %c0_1 = arith.constant 0 : index
  %c1_0 = arith.constant 1 : index
  scf.for %i = %c0_1 to %0 step %c1_0 {
    %1 = memref.load %a[%i] : memref<?xf64>
    %d = arith.addf %1, %1 : f64
    memref.store %d, %b[%i] : memref<?xf64>
  }
  func.return
}

// -----
// x *= y in place: source and destination are the same elements.
// PASS: fuse, dce
// CALL: @f([1.0, 2.0], [3.0, 4.0]) leaves ([3.0, 8.0], [3.0, 4.0])
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) attributes {irad.noalias} {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %t = memref.alloc(%n) : memref<?xf64>
  irad.map (%a = %x, %b = %y : memref<?xf64>, memref<?xf64>) into %t : memref<?xf64> {
    %d = arith.mulf %a, %b : f64
    scf.yield %d : f64
  }
  irad.map (%e = %t : memref<?xf64>) into %x : memref<?xf64> {
    scf.yield %e : f64
  }
  func.return
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) attributes {irad.noalias} {
  irad.map (%arg = %x, %arg_0 = %y : memref<?xf64>, memref<?xf64>) into %x : memref<?xf64> {
    %d = arith.mulf %arg, %arg_0 : f64
    scf.yield %d : f64
  }
  func.return
}

// -----
// Somebody writes what the producer reads before the consumer runs.
// PASS: fuse
// CALL: @f([1.0, 2.0]) == 3.0 leaves ([0.0, 2.0])
func.func @f(%x: memref<?xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %t = memref.alloc(%n) : memref<?xf64>
  irad.map (%a = %x : memref<?xf64>) into %t : memref<?xf64> {
    scf.yield %a : f64
  }
  memref.store %zero, %x[%c0] : memref<?xf64>
  %s = irad.reduce (%e = %t : memref<?xf64>) init (%acc = %zero : f64) {
    %p = arith.addf %acc, %e : f64
    scf.yield %p : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %t = memref.alloc(%n) : memref<?xf64>
  irad.map (%a = %x : memref<?xf64>) into %t : memref<?xf64> {
    scf.yield %a : f64
  }
  memref.store %zero, %x[%c0] : memref<?xf64>
  %s = irad.reduce (%e = %t : memref<?xf64>) init (%acc = %zero : f64) {
    %p = arith.addf %acc, %e : f64
    scf.yield %p : f64
  }
  func.return %s : f64
}
