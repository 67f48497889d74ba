# Runs Autobahn's fuzzing client in Jython: fuzzing-client.py SPEC
import sys

sys.argv = ["wstest", "-m", "fuzzingclient", "-s", sys.argv[1]]
from autobahntestsuite import wstest

wstest.run()
