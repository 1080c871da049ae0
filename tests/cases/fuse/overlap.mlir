// u[1:] += u[:-1] * u[:-1]: what is computed overlaps what is written, and one temporary takes all of it.
// PASS: fuse, lower-arrays, peephole
// CALL: @f([1.0, 2.0, 3.0]) leaves ([1.0, 3.0, 7.0])
func.func @f(%u: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %u, %c0 : memref<?xf64>
  %m = arith.subi %n, %c1 : index
  %a = memref.subview %u[%c0] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %b = memref.subview %u[%c1] [%m] [%c1] : memref<?xf64> to memref<?xf64>
  %t = memref.alloc(%m) : memref<?xf64>
  irad.map (%e = %a : memref<?xf64>) into %t : memref<?xf64> {
    %d = arith.mulf %e, %e : f64
    scf.yield %d : f64
  }
  irad.map (%e = %b, %g = %t : memref<?xf64>, memref<?xf64>) into %b : memref<?xf64> {
    %d = arith.addf %e, %g : f64
    scf.yield %d : f64
  }
  func.return
}
// EXPECT:
func.func @f(%u: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c-1 = arith.constant -1 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %u, %c0 : memref<?xf64>
  %m = arith.addi %n, %c-1 : index
  %0 = memref.alloc(%m) : memref<?xf64>
  scf.for %i = %c0 to %m step %c1 {
    %1 = arith.addi %i, %c1 : index
    %2 = memref.load %u[%1] : memref<?xf64>
    %3 = memref.load %u[%i] : memref<?xf64>
    %d = arith.mulf %3, %3 : f64
    %d_0 = arith.addf %2, %d : f64
    memref.store %d_0, %0[%i] : memref<?xf64>
  }
  scf.for %i_0 = %c0 to %m step %c1 {
    %4 = memref.load %0[%i_0] : memref<?xf64>
    %5 = arith.addi %i_0, %c1 : index
    memref.store %4, %u[%5] : memref<?xf64>
  }
  func.return
}
