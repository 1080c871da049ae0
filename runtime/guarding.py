"""Whether what a program relies on still holds, in LLVM IR."""

from __future__ import annotations

from irad.runtime.table import ATTRIBUTE, CONTEXT, WORD, Guard, Table, each, get

DECLARATIONS = """\
@PyExc_AttributeError = external global ptr
declare ptr @PyDict_GetItemWithError(ptr, ptr)
declare ptr @PyObject_GetAttr(ptr, ptr)
declare i32 @PyContextVar_Get(ptr, ptr, ptr)
declare ptr @PyObject_CallNoArgs(ptr)
declare i32 @PyErr_ExceptionMatches(ptr)
"""

TEXT = f"""\
; Whether all guards hold. If not, an exception may be set.
define internal i1 @irad_hold(ptr %table) nounwind {{
start:
  %value.place = alloca ptr
{each("g", "guard", "guards", Guard, "rest")}\
one:
{get("g", Guard, "place", "ptr")}\
{get("g", Guard, "key", "ptr")}\
{get("g", Guard, "expected", "ptr")}\
  %kind = load i64, ptr %g
  switch i64 %kind, label %item [ i64 {WORD}, label %word
    i64 {ATTRIBUTE}, label %attribute
    i64 {CONTEXT}, label %context ]
word:
  %word.now = load ptr, ptr %place
  br label %compare
item:
  %item.now = call ptr @PyDict_GetItemWithError(ptr %place, ptr %key)
  %absent = icmp eq ptr %item.now, null
  br i1 %absent, label %error, label %compare
error:
  %occurred = call ptr @PyErr_Occurred()
  %quiet = icmp eq ptr %occurred, null
  br i1 %quiet, label %compare, label %no
attribute:
  %attribute.now = call ptr @PyObject_GetAttr(ptr %place, ptr %key)
  %missing = icmp eq ptr %attribute.now, null
  br i1 %missing, label %gone, label %owned
gone:
  %cls = load ptr, ptr @PyExc_AttributeError
  %usual = call i32 @PyErr_ExceptionMatches(ptr %cls)
  %is.usual = icmp ne i32 %usual, 0
  br i1 %is.usual, label %clear, label %no
clear:
  call void @PyErr_Clear()
  br label %no
context:
  %failed = call i32 @PyContextVar_Get(ptr %place, ptr null, ptr %value.place)
  %context.now = load ptr, ptr %value.place
  %works = icmp eq i32 %failed, 0
  %set = icmp ne ptr %context.now, null
  %known = and i1 %works, %set
  br i1 %known, label %owned, label %no
owned:
  %owned.now = phi ptr [%attribute.now, %attribute], [%context.now, %context]
  call void @Py_DecRef(ptr %owned.now)
  br label %compare
compare:
  %now = phi ptr [%word.now, %word], [%item.now, %item], [null, %error], [%owned.now, %owned]
  %same = icmp eq ptr %now, %expected
  br i1 %same, label %next, label %no
rest:
{get("table", Table, "check", "ptr")}\
  %unchecked = icmp eq ptr %check, null
  br i1 %unchecked, label %yes, label %ask
ask:
  %told = call ptr @PyObject_CallNoArgs(ptr %check)
  %raised = icmp eq ptr %told, null
  br i1 %raised, label %no, label %answered
answered:
  call void @Py_DecRef(ptr %told)
  %good = icmp eq ptr %told, @_Py_TrueStruct
  br i1 %good, label %yes, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}
"""
