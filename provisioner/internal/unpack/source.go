package unpack

import "io"

// source reads the packed bytes. It counts them, keeps to their limit, stops with the context, and remembers what went
// wrong, so that a failed transfer is never taken for a damaged archive.
type source struct {
	r     io.Reader
	stop  func() error // the context's Err
	max   int64
	count int64
	err   error // what the reading ended with, if not with EOF
}

func (s *source) Read(p []byte) (int, error) {
	if s.err == nil {
		s.err = s.stop()
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.count += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	if s.count > s.max {
		s.err = &LimitError{LimitPacked, s.max}
		return 0, s.err
	}
	return n, err
}

// drain reads what is left; s.err tells whether that went well.
func (s *source) drain() { _, _ = io.Copy(io.Discard, s) }

// meter passes on what r yields as long as the sum of it, kept in total, is in the budget.
type meter struct {
	r      io.Reader
	budget *budget
	total  *int64
	ended  bool // EOF was reported
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.budget.in.stop(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	*m.total += int64(n)
	if over := m.budget.allow(*m.total); over != nil {
		return 0, over
	}
	if err == io.EOF {
		if n > 0 {
			return n, nil // EOF comes alone, so that ended tells whether anyone asked for more than there is
		}
		m.ended = true
	}
	return n, err
}
