"""Where the fields of a call's context lie: the one block of memory that compiled code shares with its caller, by byte offset."""

WORDS = 8  # values that a failed check can pass on

FAILED = 0  # identifier of the check that failed
PAYLOAD = 8  # its values, one word each
BLOCKS = PAYLOAD + 8 * WORDS  # newest block of memory allocated in the call
LIVE = BLOCKS + 8  # how many blocks are allocated
FUEL = LIVE + 8  # work left, in operations, until the next poll
STACK_LIMIT = FUEL + 8  # lowest stack address that recursion may reach
POLL = STACK_LIMIT + 8  # function that looks for signals, null for none
POLLED = POLL + 8  # when it was called last, in nanoseconds
EXCEPTION = POLLED + 8  # type, value and traceback of the exception that a signal handler raised
SPARE = EXCEPTION + 24  # large blocks kept for later calls, linked
SPARE_BYTES = SPARE + 8  # how much they hold
SIZE = SPARE_BYTES + 8

SUCCESS, CHECK, INTERRUPT = 0, 1, 2  # status that every compiled function returns

MAX_SPARE = 256 << 20  # bytes of large blocks that are kept
LARGE = 1 << 20  # bytes from which a block is kept
FUEL_REFILL = 1 << 22  # operations between polls: a few milliseconds
POLL_INTERVAL = 50_000_000  # nanoseconds between two looks for signals, each of which may have to wait for the GIL

# A block of memory starts with a header; its payload follows HEADER bytes later and is aligned to as many.
HEADER = 64
BLOCK_PREVIOUS, BLOCK_NEXT, BLOCK_START, BLOCK_BYTES = 0, 8, 16, 24
BLOCK_CLAIMED = 32  # whether a result has been found to lie in it

# The control block of a stack, and the header of a piece of its memory.
STACK_TOP, STACK_END, STACK_BASE, STACK_CHUNK = 0, 8, 16, 24
STACK_SIZE = 32
NO_BASE = 1  # base of the first chunk: no top is equal to it, so that it is never left
CHUNK_PREVIOUS, CHUNK_NEXT, CHUNK_TOP, CHUNK_END = 0, 8, 16, 24
CHUNK_HEADER = 64
FIRST_CHUNK = 1 << 12  # bytes
