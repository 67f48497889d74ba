# Runs Autobahn's fuzzing client in Jython: fuzzing-client.py SPEC
import sys

sys.argv = ["wstest", "-m", "fuzzingclient", "-s", sys.argv[1]]
from autobahntestsuite import wstest


def patient(after):
    return lambda protocol, delay: after(protocol, 5 * delay)


# the second that an answer may take is made for a machine that has nothing else to do
protocol = wstest.fuzzing.FuzzingProtocol
for name in ("killAfter", "closeAfter"):
    setattr(protocol, name, patient(protocol.__dict__[name]))

wstest.run()
