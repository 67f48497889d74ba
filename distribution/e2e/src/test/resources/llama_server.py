"""Serves a small model with llama.cpp: llama_server.py MODEL PORT. Ends when its standard input does."""
import sys

from xllamacpp import CommonParams, Server

params = CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[2])
params.n_ctx = 2048
params.n_parallel = 2
params.cpuparams.n_threads = 2
server = Server(params)
print("serves", flush=True)
sys.stdin.read()
