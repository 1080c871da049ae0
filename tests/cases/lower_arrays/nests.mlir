// A map is a nest of loops over its destination, the last axis innermost; a reduction carries its accumulators.
// PASS: lower-arrays
// CALL: @f([[1, 2], [3, 4]], [[0, 0], [0, 0]], 2.0) == 20.0 leaves ([[1, 2], [3, 4]], [[2, 4], [6, 8]], 2.0)
func.func @f(%x: memref<?x?xf64>, %y: memref<?x?xf64>, %k: f64) -> f64 {
  %zero = arith.constant 0.0 : f64
  irad.map (%a = %x, %s = %k : memref<?x?xf64>, f64) into %y : memref<?x?xf64> {
    %m = arith.mulf %a, %s : f64
    scf.yield %m : f64
  }
  %sum = irad.reduce (%a = %y : memref<?x?xf64>) init (%s = %zero : f64) {
    %t = arith.addf %s, %a : f64
    scf.yield %t : f64
  }
  func.return %sum : f64
}
// EXPECT:
func.func @f(%x: memref<?x?xf64>, %y: memref<?x?xf64>, %k: f64) -> f64 {
  %zero = arith.constant 0.0 : f64
  %c0 = arith.constant 0 : index
  %0 = memref.dim %y, %c0 : memref<?x?xf64>
  %c1 = arith.constant 1 : index
  %1 = memref.dim %y, %c1 : memref<?x?xf64>
  %2 = arith.muli %0, %1 : index
  %c0_0 = arith.constant 0 : index
  %c1_0 = arith.constant 1 : index
  %3 = irad.view %y[%c0_0] [%2] [%c1_0] : memref<?x?xf64> to memref<?xf64>
  %c0_1 = arith.constant 0 : index
  %c1_1 = arith.constant 1 : index
  %4 = irad.view %x[%c0_1] [%2] [%c1_1] : memref<?x?xf64> to memref<?xf64>
  %c0_2 = arith.constant 0 : index
  %c1_2 = arith.constant 1 : index
  scf.for %i = %c0_2 to %2 step %c1_2 {
    %5 = memref.load %4[%i] : memref<?xf64>
    %m = arith.mulf %5, %k : f64
    memref.store %m, %3[%i] : memref<?xf64>
  }
  %c0_3 = arith.constant 0 : index
  %6 = memref.dim %y, %c0_3 : memref<?x?xf64>
  %c1_3 = arith.constant 1 : index
  %7 = memref.dim %y, %c1_3 : memref<?x?xf64>
  %8 = arith.muli %6, %7 : index
  %c0_4 = arith.constant 0 : index
  %c1_4 = arith.constant 1 : index
  %9 = irad.view %y[%c0_4] [%8] [%c1_4] : memref<?x?xf64> to memref<?xf64>
  %c0_5 = arith.constant 0 : index
  %c1_5 = arith.constant 1 : index
  %10 = scf.for %i_0 = %c0_5 to %8 step %c1_5 iter_args(%arg = %zero) -> (f64) {
    %11 = memref.load %9[%i_0] : memref<?xf64>
    %t = arith.addf %arg, %11 : f64
    scf.yield %t : f64
  }
  func.return %10 : f64
}
