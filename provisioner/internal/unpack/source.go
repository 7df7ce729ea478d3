package unpack

import "io"

// source reads the bytes of the archive. It counts them, enforces their limit, and stops when the context ends. It
// remembers its error, so that a failed transfer is never reported as a corrupt archive.
type source struct {
	r     io.Reader
	stop  func() error // the context's Err
	max   int64
	count int64
	err   error // the first error other than EOF
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

// drain reads the rest. s.err contains the error, if any.
func (s *source) drain() { _, _ = io.Copy(io.Discard, s) }

// meter reads r as long as the number of bytes so far, which it adds to total, is within the budget.
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
			return n, nil // EOF comes with the next call, so that ended means that someone read past the last byte
		}
		m.ended = true
	}
	return n, err
}
