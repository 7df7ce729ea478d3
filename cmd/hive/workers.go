package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// workers are those that run. One that ends is forgotten, and if nobody stopped it, told of.
type workers struct {
	onDeath func(worker)

	mu   sync.Mutex
	byID map[string]worker
	ends sync.WaitGroup // of the goroutines that wait for each
}

func newWorkers(onDeath func(worker)) *workers {
	return &workers{onDeath: onDeath, byID: map[string]worker{}}
}

func (s *workers) add(w worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := w.Info().ID
	s.byID[id] = w
	s.ends.Go(func() {
		<-w.Done()
		s.mu.Lock()
		delete(s.byID, id)
		s.mu.Unlock()
		if w.Err() != nil {
			s.onDeath(w)
		}
	})
}

func (s *workers) get(id string) (worker, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.byID[id]
	return w, ok
}

// list describes all, the oldest first.
func (s *workers) list() []running {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]running, 0, len(s.byID))
	for _, w := range s.byID {
		list = append(list, w.describe())
	}
	slices.SortFunc(list, func(a, b running) int {
		if order := a.Started.Compare(b.Started); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// from lists the IDs of those that run from an entry of the catalog.
func (s *workers) from(entry string) []string {
	var ids []string
	for _, w := range s.list() {
		if w.Entry == entry {
			ids = append(ids, w.ID)
		}
	}
	return ids
}

// stop ends all at the same time and returns when they are gone. None may be added any more.
func (s *workers) stop(ctx context.Context) error {
	s.mu.Lock()
	errs := make(chan error, len(s.byID))
	for _, w := range s.byID {
		go func() { errs <- w.Stop(ctx) }()
	}
	s.mu.Unlock()
	var all []error
	for range cap(errs) {
		all = append(all, <-errs)
	}
	s.ends.Wait()
	return errors.Join(all...)
}
