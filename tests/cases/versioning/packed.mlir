// Positions in a packed triangle are no affine function of the row: a loop over the rows tests them all, once for the nest around.
// PASS: versioning, peephole
// CALL: @f([1.0, 2.0, 4.0], 2, 3) == 14.0
// CALL: @f([1.0, 2.0], 2, 3) raises IndexError
// CALL: @f([1.0, 2.0], 0, 3) == 0.0
// CALL: @f([1.0, 2.0], 2, 0) == 0.0
// CALL: @f(np.zeros(0), 2, 1) == 0.0
// CALL: @f([1.0], 1, 9223372036854775807) raises IndexError
// CALL: @f([1.0], 1, 9223372036854) raises IndexError
func.func @f(%x: memref<?xf64>, %m: index, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %s = scf.for %k = %c0 to %m step %c1 iter_args(%a = %zero) -> (f64) {
    %t = scf.for %i = %c0 to %n step %c1 iter_args(%b = %a) -> (f64) {
      %p = arith.subi %i, %c1 : index
      %q = arith.muli %i, %p : index
      %start = arith.divsi %q, %c2 : index
      %u = scf.for %j = %c0 to %i step %c1 iter_args(%c = %b) -> (f64) {
        %place = arith.addi %start, %j : index
        %r = irad.index %place, %size {axis = 0} : index
        %e = memref.load %x[%r] : memref<?xf64>
        %d = arith.addf %c, %e : f64
        scf.yield %d : f64
      }
      scf.yield %u : f64
    }
    scf.yield %t : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %m: index, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f64
  %c281474976710656 = arith.constant 281474976710656 : index
  %c-281474976710656 = arith.constant -281474976710656 : index
  %c1048577 = arith.constant 1048577 : index
  %true = arith.constant true
  %c-1 = arith.constant -1 : index
  %false = arith.constant false
  %size = memref.dim %x, %c0 : memref<?xf64>
  %0 = arith.cmpi sle, %n, %c281474976710656 : index
  %1 = arith.cmpi sge, %n, %c-281474976710656 : index
  %2 = arith.andi %0, %1 : i1
  %3 = arith.cmpi sge, %m, %c1 : index
  %4 = arith.andi %2, %3 : i1
  %5 = arith.cmpi slt, %n, %c1048577 : index
  %6 = arith.andi %4, %5 : i1
  %7 = scf.if %6 -> (i1) {
    %8 = scf.for %i = %c0 to %n step %c1 iter_args(%arg = %true) -> (i1) {
      %9 = arith.addi %i, %c-1 : index
      %10 = arith.muli %i, %9 : index
      %11 = arith.divsi %10, %c2 : index
      %12 = arith.cmpi sle, %11, %c281474976710656 : index
      %13 = arith.andi %arg, %12 : i1
      %14 = arith.cmpi sge, %11, %c-281474976710656 : index
      %15 = arith.andi %13, %14 : i1
      %16 = arith.subi %size, %11 : index
      %17 = arith.muli %i, %c-1 : index
      %18 = arith.addi %16, %17 : index
      %19 = arith.cmpi sge, %18, %c0 : index
      %20 = arith.cmpi slt, %i, %c1 : index
      %21 = arith.ori %19, %20 : i1
      %22 = arith.andi %15, %21 : i1
      %23 = arith.cmpi sge, %11, %c0 : index
      %24 = arith.ori %23, %20 : i1
      %25 = arith.andi %22, %24 : i1
      scf.yield %25 : i1
    } {irad.cold}
    scf.yield %8 : i1
  } else {
    scf.yield %false : i1
  }
  %s = scf.if %7 -> (f64) {
    %s_0 = scf.for %k = %c0 to %m step %c1 iter_args(%a = %zero) -> (f64) {
      %t = scf.for %i_0 = %c0 to %n step %c1 iter_args(%b = %a) -> (f64) {
        %p = arith.addi %i_0, %c-1 : index
        %q = arith.muli %i_0, %p : index
        %start = arith.divsi %q, %c2 : index
        %u = scf.for %j = %c0 to %i_0 step %c1 iter_args(%c = %b) -> (f64) {
          %place = arith.addi %start, %j : index
          %e = memref.load %x[%place] : memref<?xf64>
          %d = arith.addf %c, %e : f64
          scf.yield %d : f64
        }
        scf.yield %u : f64
      }
      scf.yield %t : f64
    }
    scf.yield %s_0 : f64
  } else {
    %s_1 = scf.for %k_0 = %c0 to %m step %c1 iter_args(%a_0 = %zero) -> (f64) {
      %t_0 = scf.for %i_1 = %c0 to %n step %c1 iter_args(%b_0 = %a_0) -> (f64) {
        %p_0 = arith.addi %i_1, %c-1 : index
        %q_0 = arith.muli %i_1, %p_0 : index
        %start_0 = arith.divsi %q_0, %c2 : index
        %u_0 = scf.for %j_0 = %c0 to %i_1 step %c1 iter_args(%c_0 = %b_0) -> (f64) {
          %place_0 = arith.addi %start_0, %j_0 : index
          %r = irad.index %place_0, %size {axis = 0} : index
          %e_0 = memref.load %x[%r] : memref<?xf64>
          %d_0 = arith.addf %c_0, %e_0 : f64
          scf.yield %d_0 : f64
        } {irad.cold}
        scf.yield %u_0 : f64
      } {irad.cold}
      scf.yield %t_0 : f64
    } {irad.cold}
    scf.yield %s_1 : f64
  }
  func.return %s : f64
}

// -----
// A sweep over what may not run, or might divide by zero, is none: the test stays in front of the innermost loop.
// PASS: versioning, peephole
// CALL: @f([1.0, 2.0, 4.0], 3, True) == 6.0
// CALL: @f([1.0, 2.0], 3, True) raises IndexError
// CALL: @f([1.0], 9223372036854775807, False) == 0.0
func.func @f(%x: memref<?xf64>, %n: index, %go: i1) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f64
  %size = memref.dim %x, %c0 : memref<?xf64>
  %s = scf.for %k = %c0 to %c1 step %c1 iter_args(%a = %zero) -> (f64) {
    %t = scf.if %go -> (f64) {
      %v = scf.for %i = %c1 to %n step %c1 iter_args(%b = %a) -> (f64) {
        %q = arith.muli %i, %i : index
        %start = arith.divsi %q, %i : index
        %u = scf.for %j = %c0 to %c1 step %c1 iter_args(%c = %b) -> (f64) {
          %place = arith.subi %start, %j : index
          %r = irad.index %place, %size {axis = 0} : index
          %e = memref.load %x[%r] : memref<?xf64>
          %w = arith.addf %c, %e : f64
          scf.yield %w : f64
        }
        scf.yield %u : f64
      }
      scf.yield %v : f64
    } else {
      scf.yield %a : f64
    }
    scf.yield %t : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %n: index, %go: i1) -> f64 {
  %k = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %c281474976710656 = arith.constant 281474976710656 : index
  %c-281474976710656 = arith.constant -281474976710656 : index
  %size = memref.dim %x, %k : memref<?xf64>
  %t = scf.if %go -> (f64) {
    %v = scf.for %i = %c1 to %n step %c1 iter_args(%b = %zero) -> (f64) {
      %q = arith.muli %i, %i : index
      %start = arith.divsi %q, %i : index
      %0 = arith.cmpi sle, %start, %c281474976710656 : index
      %1 = arith.cmpi sge, %start, %c-281474976710656 : index
      %2 = arith.andi %0, %1 : i1
      %3 = arith.subi %size, %start : index
      %4 = arith.cmpi sge, %3, %c1 : index
      %5 = arith.andi %2, %4 : i1
      %6 = arith.cmpi sge, %start, %k : index
      %7 = arith.andi %5, %6 : i1
      %u = scf.if %7 -> (f64) {
        %e = memref.load %x[%start] : memref<?xf64>
        %w = arith.addf %b, %e : f64
        scf.yield %w : f64
      } else {
        %r = irad.index %start, %size {axis = 0} : index
        %e_0 = memref.load %x[%r] : memref<?xf64>
        %w_0 = arith.addf %b, %e_0 : f64
        scf.yield %w_0 : f64
      }
      scf.yield %u : f64
    }
    scf.yield %v : f64
  } else {
    scf.yield %zero : f64
  }
  func.return %t : f64
}
