/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/jobs.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define THREADS_MAX 8

struct job {
	struct job *next;
	job_h *run, *done;
	void *arg;
};

struct list {
	struct job *first, **tail;
};

struct jobs {
	struct event *wake;
	int fd;
	pthread_t threads[THREADS_MAX];
	unsigned nthreads;
	size_t pending;	      /* loop only */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t more;
	struct list todo, over;
	bool stopping;
};

static void append(struct list *l, struct job *job)
{
	job->next = NULL;
	*l->tail = job;
	l->tail = &job->next;
}

static struct job *take_all(struct list *l)
{
	struct job *first = l->first;

	l->first = NULL;
	l->tail = &l->first;
	return first;
}

static struct job *take_one(struct list *l)
{
	struct job *job = l->first;

	l->first = job->next;
	if (!l->first)
		l->tail = &l->first;
	return job;
}

static void *work(void *arg)
{
	struct jobs *jobs = arg;
	uint64_t one = 1;

	pthread_mutex_lock(&jobs->lock);
	for (;;) {
		struct job *job;

		while (!jobs->todo.first && !jobs->stopping)
			pthread_cond_wait(&jobs->more, &jobs->lock);
		if (!jobs->todo.first)
			break;
		job = take_one(&jobs->todo);
		pthread_mutex_unlock(&jobs->lock);
		job->run(job->arg);
		pthread_mutex_lock(&jobs->lock);
		append(&jobs->over, job);
		if (write(jobs->fd, &one, sizeof(one)) < 0)
			continue; /* full: the loop will wake anyway */
	}
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

static void finish(struct jobs *jobs)
{
	struct job *job, *next;

	pthread_mutex_lock(&jobs->lock);
	job = take_all(&jobs->over);
	pthread_mutex_unlock(&jobs->lock);
	for (; job; job = next) {
		next = job->next;
		jobs->pending--;
		if (job->done)
			job->done(job->arg);
		free(job);
	}
}

static void on_wake(int fd, short what, void *arg)
{
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) < 0)
		return;
	finish(arg);
}

/* Threads take no signals: those are the loop's. */
static int start_thread(struct jobs *jobs)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&jobs->threads[jobs->nthreads], NULL, work, jobs);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		jobs->nthreads++;
	return err;
}

int jobs_alloc(struct jobs **jobsp, struct event_base *base, unsigned threads)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));
	int err = 0;

	if (!jobs)
		return ENOMEM;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->more, NULL);
	take_all(&jobs->todo);
	take_all(&jobs->over);
	jobs->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (jobs->fd < 0) {
		err = errno;
		goto out;
	}
	jobs->wake =
		event_new(base, jobs->fd, EV_READ | EV_PERSIST, on_wake, jobs);
	if (!jobs->wake || event_add(jobs->wake, NULL)) {
		err = ENOMEM;
		goto out;
	}
	while (!err && jobs->nthreads < threads && threads <= THREADS_MAX)
		err = start_thread(jobs);
out:
	if (err)
		jobs_free(jobs);
	else
		*jobsp = jobs;
	return err;
}

void jobs_free(struct jobs *jobs)
{
	if (!jobs)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	pthread_cond_broadcast(&jobs->more);
	pthread_mutex_unlock(&jobs->lock);
	for (unsigned i = 0; i < jobs->nthreads; i++)
		pthread_join(jobs->threads[i], NULL);
	finish(jobs);
	if (jobs->wake)
		event_free(jobs->wake);
	if (jobs->fd >= 0)
		close(jobs->fd);
	pthread_cond_destroy(&jobs->more);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}

int jobs_add(struct jobs *jobs, job_h *run, job_h *done, void *arg)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return ENOMEM;
	job->run = run;
	job->done = done;
	job->arg = arg;
	jobs->pending++;
	pthread_mutex_lock(&jobs->lock);
	append(&jobs->todo, job);
	pthread_cond_signal(&jobs->more);
	pthread_mutex_unlock(&jobs->lock);
	return 0;
}

size_t jobs_pending(const struct jobs *jobs)
{
	return jobs->pending;
}
