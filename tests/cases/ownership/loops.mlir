// x = tanh(x) if c else x in a loop: the argument is never freed, each new array once.
// PASS: ownership
// CALL: @f([0.5], [1, 0, 1, 1]) ~= 0.40683132335 leaves ([0.5], [1, 0, 1, 1])
func.func @f(%x: memref<?xf64>, %k: memref<?xi8>) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i8
  %n = memref.dim %k, %c0 : memref<?xi8>
  %size = memref.dim %x, %c0 : memref<?xf64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%y = %x) -> (memref<?xf64>) {
    %b = memref.load %k[%i] : memref<?xi8>
    %c = arith.cmpi ne, %b, %zero : i8
    %next = scf.if %c -> (memref<?xf64>) {
      %new = memref.alloc(%size) : memref<?xf64>
      scf.for %j = %c0 to %size step %c1 {
        %e = memref.load %y[%j] : memref<?xf64>
        %t = math.tanh %e : f64
        memref.store %t, %new[%j] : memref<?xf64>
      }
      scf.yield %new : memref<?xf64>
    } else {
      scf.yield %y : memref<?xf64>
    }
    scf.yield %next : memref<?xf64>
  }
  %s = memref.load %r[%c0] : memref<?xf64>
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %k: memref<?xi8>) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i8
  %n = memref.dim %k, %c0 : memref<?xi8>
  %size = memref.dim %x, %c0 : memref<?xf64>
  %false = arith.constant false
  %r, %owned = scf.for %i = %c0 to %n step %c1 iter_args(%y = %x, %owned_0 = %false) -> (memref<?xf64>, i1) {
    %b = memref.load %k[%i] : memref<?xi8>
    %c = arith.cmpi ne, %b, %zero : i8
    %next, %owned_1, %owned_2 = scf.if %c -> (memref<?xf64>, i1, i1) {
      %new = memref.alloc(%size) : memref<?xf64>
      scf.for %j = %c0 to %size step %c1 {
        %e = memref.load %y[%j] : memref<?xf64>
        %t = math.tanh %e : f64
        memref.store %t, %new[%j] : memref<?xf64>
      }
      %true = arith.constant true
      %false_0 = arith.constant false
      scf.yield %new, %true, %false_0 : memref<?xf64>, i1, i1
    } else {
      %false_1 = arith.constant false
      %true_0 = arith.constant true
      scf.yield %y, %false_1, %true_0 : memref<?xf64>, i1, i1
    }
    %0 = arith.andi %owned_0, %owned_2 : i1
    %1 = arith.ori %owned_1, %0 : i1
    %true_1 = arith.constant true
    %2 = arith.xori %owned_2, %true_1 : i1
    %3 = arith.andi %owned_0, %2 : i1
    scf.if %3 {
      memref.dealloc %y : memref<?xf64>
    }
    scf.yield %next, %1 : memref<?xf64>, i1
  }
  %s = memref.load %r[%c0] : memref<?xf64>
  scf.if %owned {
    memref.dealloc %r : memref<?xf64>
  }
  func.return %s : f64
}

// -----
// One array in two places of the state is nobody's: it is left to the entry call.
// PASS: ownership
// CALL: @f(3) == 2.0
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %a = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  %u, %v = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a, %q = %a) -> (memref<1xf64>, memref<1xf64>) {
    %new = memref.alloc() : memref<1xf64>
    memref.store %one, %new[%c0] : memref<1xf64>
    scf.yield %new, %new : memref<1xf64>, memref<1xf64>
  }
  %x = memref.load %u[%c0] : memref<1xf64>
  %y = memref.load %v[%c0] : memref<1xf64>
  %s = arith.addf %x, %y : f64
  func.return %s : f64
}
// EXPECT:
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %a = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  %false = arith.constant false
  %u, %v, %owned, %owned_0 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a, %q = %a, %owned_1 = %false, %owned_2 = %false) -> (memref<1xf64>, memref<1xf64>, i1, i1) {
    %new = memref.alloc() : memref<1xf64>
    memref.store %one, %new[%c0] : memref<1xf64>
    scf.if %owned_1 {
      memref.dealloc %p : memref<1xf64>
    }
    scf.if %owned_2 {
      memref.dealloc %q : memref<1xf64>
    }
    %false_0 = arith.constant false
    %false_1 = arith.constant false
    scf.yield %new, %new, %false_0, %false_1 : memref<1xf64>, memref<1xf64>, i1, i1
  }
  %x = memref.load %u[%c0] : memref<1xf64>
  scf.if %owned {
    memref.dealloc %u : memref<1xf64>
  }
  %y = memref.load %v[%c0] : memref<1xf64>
  scf.if %owned_0 {
    memref.dealloc %v : memref<1xf64>
  }
  memref.dealloc %a : memref<1xf64>
  %s = arith.addf %x, %y : f64
  func.return %s : f64
}

// -----
// A window of two steps: what was new becomes old, what was old is freed.
// PASS: ownership
// CALL: @f(4) == 7.0
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %a = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  %u, %v = scf.for %i = %c0 to %n step %c1 iter_args(%old = %a, %new = %a) -> (memref<1xf64>, memref<1xf64>) {
    %x = memref.load %new[%c0] : memref<1xf64>
    %y = arith.addf %x, %one : f64
    %z = memref.alloc() : memref<1xf64>
    memref.store %y, %z[%c0] : memref<1xf64>
    scf.yield %new, %z : memref<1xf64>, memref<1xf64>
  }
  %x = memref.load %u[%c0] : memref<1xf64>
  %y = memref.load %v[%c0] : memref<1xf64>
  %s = arith.addf %x, %y : f64
  %two = arith.constant 2.0 : f64
  %d = arith.subf %s, %two : f64
  func.return %d : f64
}
// EXPECT:
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %a = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  %false = arith.constant false
  %u, %v, %owned, %owned_0 = scf.for %i = %c0 to %n step %c1 iter_args(%old = %a, %new = %a, %owned_1 = %false, %owned_2 = %false) -> (memref<1xf64>, memref<1xf64>, i1, i1) {
    %x = memref.load %new[%c0] : memref<1xf64>
    %y = arith.addf %x, %one : f64
    %z = memref.alloc() : memref<1xf64>
    memref.store %y, %z[%c0] : memref<1xf64>
    scf.if %owned_1 {
      memref.dealloc %old : memref<1xf64>
    }
    %true = arith.constant true
    scf.yield %new, %z, %owned_2, %true : memref<1xf64>, memref<1xf64>, i1, i1
  }
  %x_0 = memref.load %u[%c0] : memref<1xf64>
  scf.if %owned {
    memref.dealloc %u : memref<1xf64>
  }
  %y_0 = memref.load %v[%c0] : memref<1xf64>
  scf.if %owned_0 {
    memref.dealloc %v : memref<1xf64>
  }
  memref.dealloc %a : memref<1xf64>
  %s = arith.addf %x_0, %y_0 : f64
  %two = arith.constant 2.0 : f64
  %d = arith.subf %s, %two : f64
  func.return %d : f64
}

// -----
// A view of new memory is carried: it cannot be followed, so nothing is freed.
// PASS: ownership
// CALL: @f(3) == 1.0
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %a = memref.alloc(%c1) : memref<?xf64>
  memref.store %one, %a[%c0] : memref<?xf64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a) -> (memref<?xf64>) {
    %b = memref.alloc(%c1) : memref<?xf64>
    memref.store %one, %b[%c0] : memref<?xf64>
    %v = memref.subview %b[%c0] [%c1] [%c1] : memref<?xf64> to memref<?xf64>
    scf.yield %v : memref<?xf64>
  }
  %s = memref.load %r[%c0] : memref<?xf64>
  func.return %s : f64
}
// EXPECT:
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %a = memref.alloc(%c1) : memref<?xf64>
  memref.store %one, %a[%c0] : memref<?xf64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a) -> (memref<?xf64>) {
    %b = memref.alloc(%c1) : memref<?xf64>
    memref.store %one, %b[%c0] : memref<?xf64>
    %v = memref.subview %b[%c0] [%c1] [%c1] : memref<?xf64> to memref<?xf64>
    scf.yield %v : memref<?xf64>
  }
  %s = memref.load %r[%c0] : memref<?xf64>
  memref.dealloc %a : memref<?xf64>
  func.return %s : f64
}

// -----
// A while, whose last state is freed behind its last use; a result that is returned is not.
// PASS: ownership
// CALL: @f(3.0) == 4.0
func.func @f(%x: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f64
  %zero = arith.constant 0.0 : f64
  %a = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  %r, %last = scf.while (%p = %a, %y = %x) : (memref<1xf64>, f64) -> (memref<1xf64>, f64) {
    %go = arith.cmpf ogt, %y, %zero : f64
    scf.condition(%go) %p, %y : memref<1xf64>, f64
  } do {
  ^bb0(%p: memref<1xf64>, %y: f64):
    %e = memref.load %p[%c0] : memref<1xf64>
    %g = arith.addf %e, %one : f64
    %b = memref.alloc() : memref<1xf64>
    memref.store %g, %b[%c0] : memref<1xf64>
    %z = arith.subf %y, %one : f64
    scf.yield %b, %z : memref<1xf64>, f64
  }
  %s = memref.load %r[%c0] : memref<1xf64>
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f64
  %zero = arith.constant 0.0 : f64
  %a = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  %false = arith.constant false
  %r, %last, %owned = scf.while (%p = %a, %y = %x, %owned_0 = %false) : (memref<1xf64>, f64, i1) -> (memref<1xf64>, f64, i1) {
    %go = arith.cmpf ogt, %y, %zero : f64
    scf.condition(%go) %p, %y, %owned_0 : memref<1xf64>, f64, i1
  } do {
  ^bb0(%p_0: memref<1xf64>, %y_0: f64, %owned_1: i1):
    %e = memref.load %p_0[%c0] : memref<1xf64>
    %g = arith.addf %e, %one : f64
    %b = memref.alloc() : memref<1xf64>
    memref.store %g, %b[%c0] : memref<1xf64>
    %z = arith.subf %y_0, %one : f64
    scf.if %owned_1 {
      memref.dealloc %p_0 : memref<1xf64>
    }
    %true = arith.constant true
    scf.yield %b, %z, %true : memref<1xf64>, f64, i1
  }
  %s = memref.load %r[%c0] : memref<1xf64>
  scf.if %owned {
    memref.dealloc %r : memref<1xf64>
  }
  memref.dealloc %a : memref<1xf64>
  func.return %s : f64
}
