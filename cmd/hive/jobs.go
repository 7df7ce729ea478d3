package main

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// What is kept of jobs.
const (
	maxRunning  = 64        // at a time; more are refused
	maxEnded    = 100       // of which a late reader can still see the stream
	endedMemory = time.Hour // for how long
)

// Errors of start.
var (
	errTooMany  = errors.New("too many jobs are running; try again later")
	errStopping = errors.New("the hive is stopping")
)

// jobs are those that run and those that ended not long ago.
type jobs struct {
	mu       sync.Mutex
	stopping bool
	list     []*job // in the order of their beginning
	runs     sync.WaitGroup
}

// start begins an operation, which goes on whoever listens. beginning is the first that it tells. Errors are errTooMany
// and errStopping.
func (s *jobs) start(operation, beginning string, do task) (*job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil, errStopping
	}
	if s.sweep(time.Now()) >= maxRunning {
		return nil, errTooMany
	}
	ctx, cancel := context.WithCancel(context.Background())
	j := newJob(strings.ToLower(rand.Text()), operation, cancel)
	j.tell(narration{Action: operation + "_start", Message: beginning})
	s.list = append(s.list, j)
	s.runs.Go(func() {
		defer cancel()
		j.run(ctx, do)
	})
	return j, nil
}

// sweep forgets the jobs that ended long ago, and those before the last maxEnded, and counts those that run. s.mu is
// held.
func (s *jobs) sweep(now time.Time) (running int) {
	var kept []*job
	ended := 0
	for _, j := range slices.Backward(s.list) {
		switch at, isEnded := j.endedAt(); {
		case !isEnded:
			running++
		case ended == maxEnded || now.Sub(at) > endedMemory:
			continue
		default:
			ended++
		}
		kept = append(kept, j)
	}
	slices.Reverse(kept)
	s.list = kept
	return running
}

// get returns a job, or nil.
func (s *jobs) get(id string) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(time.Now())
	if i := slices.IndexFunc(s.list, func(j *job) bool { return j.id == id }); i >= 0 {
		return s.list[i]
	}
	return nil
}

// stop cancels all jobs, lets none begin and returns when all have ended.
func (s *jobs) stop() {
	s.mu.Lock()
	s.stopping = true
	for _, j := range s.list {
		j.cancel()
	}
	s.mu.Unlock()
	s.runs.Wait()
}
