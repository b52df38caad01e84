"""Many fits: a file of jobs, read and checked, run in processes of their own here or on a cluster, summed up."""

from nrender.batch.job import Batch, Job, JobsError
from nrender.batch.local import Local
from nrender.batch.read import load_batch
from nrender.batch.run import BatchError, Done, plan, run

__all__ = ["Batch", "BatchError", "Done", "Job", "JobsError", "Local", "load_batch", "plan", "run"]
