"""One module a driver, one class an API: what a workload calls, in the words of that driver.

Every class has `name`, `open`, `close`, and the operations it can do, under the same names. An operation takes how
often or with what; those of an asyncio class are coroutines. A class that cannot do an operation lacks it.
"""
