// A triangle of a matrix whose sizes are unknown: one test for the whole nest. What fails, fails where and when it did.
// PASS: versioning, peephole
// CALL: @f([[1.0, 2.0], [3.0, 4.0]], 2) == 3.0
// CALL: @f([[1.0, 2.0], [3.0, 4.0]], 3) raises IndexError
// CALL: @f([[1.0, 2.0], [3.0, 4.0]], 9223372036854775807) raises IndexError
// CALL: @f([[1.0, 2.0], [3.0, 4.0]], -9223372036854775808) == 0.0
func.func @f(%x: memref<?x?xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %rows = memref.dim %x, %c0 : memref<?x?xf64>
  %columns = memref.dim %x, %c1 : memref<?x?xf64>
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %t = scf.for %j = %c0 to %i step %c1 iter_args(%b = %a) -> (f64) {
      %p = irad.index %i, %rows {axis = 0} : index
      %q = irad.index %j, %columns {axis = 1} : index
      %e = memref.load %x[%p, %q] : memref<?x?xf64>
      %c = arith.addf %b, %e : f64
      scf.yield %c : f64
    }
    scf.yield %t : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?x?xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %c281474976710656 = arith.constant 281474976710656 : index
  %c-281474976710656 = arith.constant -281474976710656 : index
  %c-1 = arith.constant -1 : index
  %rows = memref.dim %x, %c0 : memref<?x?xf64>
  %columns = memref.dim %x, %c1 : memref<?x?xf64>
  %0 = arith.cmpi sle, %n, %c281474976710656 : index
  %1 = arith.cmpi sge, %n, %c-281474976710656 : index
  %2 = arith.andi %0, %1 : i1
  %3 = arith.subi %rows, %n : index
  %4 = arith.cmpi sge, %3, %c0 : index
  %5 = arith.andi %2, %4 : i1
  %6 = arith.subi %columns, %n : index
  %7 = arith.cmpi sge, %6, %c-1 : index
  %8 = arith.andi %5, %7 : i1
  %s = scf.if %8 -> (f64) {
    %s_0 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
      %t = scf.for %j = %c0 to %i step %c1 iter_args(%b = %a) -> (f64) {
        %e = memref.load %x[%i, %j] : memref<?x?xf64>
        %c = arith.addf %b, %e : f64
        scf.yield %c : f64
      }
      scf.yield %t : f64
    }
    scf.yield %s_0 : f64
  } else {
    %s_1 = scf.for %i_0 = %c0 to %n step %c1 iter_args(%a_0 = %zero) -> (f64) {
      %t_0 = scf.for %j_0 = %c0 to %i_0 step %c1 iter_args(%b_0 = %a_0) -> (f64) {
        %p = irad.index %i_0, %rows {axis = 0} : index
        %q = irad.index %j_0, %columns {axis = 1} : index
        %e_0 = memref.load %x[%p, %q] : memref<?x?xf64>
        %c_0 = arith.addf %b_0, %e_0 : f64
        scf.yield %c_0 : f64
      } {irad.cold}
      scf.yield %t_0 : f64
    } {irad.cold}
    scf.yield %s_1 : f64
  }
  func.return %s : f64
}

// -----
// Memory is as Python leaves it when the check fails in the middle.
// PASS: versioning
// CALL: @f([1.0, 2.0], 2) leaves ([0.0, 0.0], 2)
// CALL: @f([1.0, 2.0], 5) raises IndexError leaves ([0.0, 0.0], 5)
func.func @f(%x: memref<?xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  scf.for %i = %c0 to %n step %c1 {
    %p = irad.index %i, %size {axis = 0} : index
    memref.store %zero, %x[%p] : memref<?xf64>
  }
  func.return
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %c281474976710656 = arith.constant 281474976710656 : index
  %0 = arith.cmpi sle, %n, %c281474976710656 : index
  %c-281474976710656 = arith.constant -281474976710656 : index
  %1 = arith.cmpi sge, %n, %c-281474976710656 : index
  %2 = arith.andi %0, %1 : i1
  %3 = arith.subi %size, %n : index
  %c0_0 = arith.constant 0 : index
  %4 = arith.cmpi sge, %3, %c0_0 : index
  %5 = arith.andi %2, %4 : i1
  scf.if %5 {
    scf.for %i = %c0 to %n step %c1 {
      memref.store %zero, %x[%i] : memref<?xf64>
    }
  } else {
    scf.for %i_0 = %c0 to %n step %c1 {
      %p = irad.index %i_0, %size {axis = 0} : index
      memref.store %zero, %x[%p] : memref<?xf64>
    } {irad.cold}
  }
  func.return
}

// -----
// An index that is data keeps its check, in the fast copy too; so does a constant one that is out of range for certain.
// PASS: versioning
// CALL: @f([1.0, 2.0], [0, 1, -1]) == 5.0
// CALL: @f([1.0, 2.0], [0, 2, 1]) raises IndexError
func.func @f(%x: memref<?xf64>, %k: memref<?xindex>) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %count = memref.dim %k, %c0 : memref<?xindex>
  %s = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %zero) -> (f64) {
    %p = irad.index %i, %count {axis = 0} : index
    %j = memref.load %k[%p] : memref<?xindex>
    %q = irad.index %j, %size {axis = 0} : index
    %e = memref.load %x[%q] : memref<?xf64>
    %b = arith.addf %a, %e : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %k: memref<?xindex>) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %count = memref.dim %k, %c0 : memref<?xindex>
  %c3_0 = arith.constant 3 : index
  %0 = arith.cmpi sge, %count, %c3_0 : index
  %s = scf.if %0 -> (f64) {
    %s_0 = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %zero) -> (f64) {
      %j = memref.load %k[%i] : memref<?xindex>
      %q = irad.index %j, %size {axis = 0} : index
      %e = memref.load %x[%q] : memref<?xf64>
      %b = arith.addf %a, %e : f64
      scf.yield %b : f64
    }
    scf.yield %s_0 : f64
  } else {
    %s_1 = scf.for %i_0 = %c0 to %c3 step %c1 iter_args(%a_0 = %zero) -> (f64) {
      %p = irad.index %i_0, %count {axis = 0} : index
      %j_0 = memref.load %k[%p] : memref<?xindex>
      %q_0 = irad.index %j_0, %size {axis = 0} : index
      %e_0 = memref.load %x[%q_0] : memref<?xf64>
      %b_0 = arith.addf %a_0, %e_0 : f64
      scf.yield %b_0 : f64
    } {irad.cold}
    scf.yield %s_1 : f64
  }
  func.return %s : f64
}

// -----
// Bounds that wrap around must not pass the test: lower + n is small, and the counter is not.
// PASS: versioning
// CALL: @f([1.0, 2.0], 0, 2) == 3.0
// CALL: @f([1.0, 2.0], -9223372036854775808, 2) raises IndexError
// CALL: @f([1.0, 2.0], 9223372036854775807, 2) == 0.0
func.func @f(%x: memref<?xf64>, %start: index, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %end = arith.addi %start, %n : index
  %s = scf.for %i = %start to %end step %c1 iter_args(%a = %zero) -> (f64) {
    %p = irad.index %i, %size {axis = 0} : index
    %e = memref.load %x[%p] : memref<?xf64>
    %b = arith.addf %a, %e : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %start: index, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %end = arith.addi %start, %n : index
  %c281474976710656 = arith.constant 281474976710656 : index
  %0 = arith.cmpi sle, %start, %c281474976710656 : index
  %c-281474976710656 = arith.constant -281474976710656 : index
  %1 = arith.cmpi sge, %start, %c-281474976710656 : index
  %2 = arith.andi %0, %1 : i1
  %c281474976710656_0 = arith.constant 281474976710656 : index
  %3 = arith.cmpi sle, %n, %c281474976710656_0 : index
  %4 = arith.andi %2, %3 : i1
  %c-281474976710656_0 = arith.constant -281474976710656 : index
  %5 = arith.cmpi sge, %n, %c-281474976710656_0 : index
  %6 = arith.andi %4, %5 : i1
  %7 = arith.subi %size, %start : index
  %8 = arith.subi %7, %n : index
  %c0_0 = arith.constant 0 : index
  %9 = arith.cmpi sge, %8, %c0_0 : index
  %10 = arith.andi %6, %9 : i1
  %c0_1 = arith.constant 0 : index
  %11 = arith.cmpi sge, %start, %c0_1 : index
  %12 = arith.andi %10, %11 : i1
  %s = scf.if %12 -> (f64) {
    %s_0 = scf.for %i = %start to %end step %c1 iter_args(%a = %zero) -> (f64) {
      %e = memref.load %x[%i] : memref<?xf64>
      %b = arith.addf %a, %e : f64
      scf.yield %b : f64
    }
    scf.yield %s_0 : f64
  } else {
    %s_1 = scf.for %i_0 = %start to %end step %c1 iter_args(%a_0 = %zero) -> (f64) {
      %p = irad.index %i_0, %size {axis = 0} : index
      %e_0 = memref.load %x[%p] : memref<?xf64>
      %b_0 = arith.addf %a_0, %e_0 : f64
      scf.yield %b_0 : f64
    } {irad.cold}
    scf.yield %s_1 : f64
  }
  func.return %s : f64
}
