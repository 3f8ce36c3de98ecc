import sys; sys.path.insert(0,'/work/wt/foreign/conformance')
import os,logging,warnings
warnings.filterwarnings("ignore"); logging.disable(logging.WARNING)
import time
from report import Report
import importlib; from foreign import stubs; stubs.provide()
from foreign.compare import compare
tool=importlib.import_module('foreign.'+sys.argv[1])
n=int(sys.argv[2]); seed=int(sys.argv[3]) if len(sys.argv)>3 else 1
import report; report.SHOWN_FAILURES=60
r=Report()
with r.group(sys.argv[1]):
    s=time.time(); cases=(tool.cases(seed,n,__import__('pathlib').Path('/tmp/foreign/gptqmodel-7.7.0/gptqmodel')) if 'gptq' in sys.argv[1] else tool.cases(seed,n)); print('cases',time.time()-s); compare(r,cases)
