package transfer

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
)

// Client downloads files. The zero Client is ready, and may be used from many goroutines.
type Client struct {
	// Transport sends the requests. Nil means one made by NewTransport, which all such Clients share.
	Transport http.RoundTripper
	// Stall is how long a connection may receive no byte before it is given up; half of that after a failed attempt.
	// 0 means 30 s.
	Stall time.Duration
	// Attempts is how many attempts in a row may bring no new bytes before Get gives up. 0 means 5.
	Attempts int
	// Backoff is the wait before the second attempt. It doubles with each further one and has jitter. 0 means 500 ms.
	Backoff time.Duration
	// MaxWait is the longest wait between two attempts. Get gives up if a Retry-After asks for more. 0 means 30 s.
	MaxWait time.Duration
	// Connections is how many may fetch one file at a time. More are added only while that makes it faster. 0 means 16.
	Connections int

	segment int64 // bytes that a connection takes at a time; tests make it small
}

// Request asks for one file.
type Request struct {
	URL    string      // http or https
	Header http.Header // further headers; every host that redirects lead to gets them, so they must hold no secret
	// Authorization is the value of that header. Only the scheme, host and port of URL get it.
	Authorization string
	Dir           string // an existing folder
	Name          string // base name of the finished file; the unfinished one is Name.part
	Size          int64  // in bytes; 0 is unknown. Another size is an error
	MaxSize       int64  // in bytes; 0 means 16 GiB
	// Digest, if known, lets Get keep a file that is finished already, and detect wrong bytes of an earlier process.
	// Get does not check a file that it downloads without a break; the caller does.
	Digest     catalog.Digest
	OnProgress func(Progress) // called by the goroutine of Get, about ten times a second
	OnRetry    func(err error, wait time.Duration)
}

// Result describes a finished download.
type Result struct {
	Path    string // of the finished file
	Size    int64  // bytes
	Resumed int64  // bytes that were present before
}

const (
	defaultStall    = 30 * time.Second
	defaultAttempts = 5
	defaultBackoff  = 500 * time.Millisecond
	defaultMaxWait  = 30 * time.Second
	defaultMaxSize  = 16 << 30

	defaultConnections = 16
	defaultSegment     = 4 << 20
)

// withDefaults returns c with defaults in place of zero and negative values.
func (c Client) withDefaults() Client {
	if c.Transport == nil {
		c.Transport = sharedTransport()
	}
	c.Stall = orDefault(c.Stall, defaultStall)
	c.Attempts = orDefault(c.Attempts, defaultAttempts)
	c.Backoff = orDefault(c.Backoff, defaultBackoff)
	c.MaxWait = orDefault(c.MaxWait, defaultMaxWait)
	c.Connections = orDefault(c.Connections, defaultConnections)
	c.segment = orDefault(c.segment, defaultSegment)
	return c
}

func orDefault[T int | int64 | time.Duration](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}

// validate rejects a request that could write outside of Dir or reach no server, and sets defaults.
func (r Request) validate() (Request, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return r, provisioner.Errorf(provisioner.InvalidConfig, "malformed download address %q: use http or https",
			redact.URL(r.URL))
	}
	if r.Name == "" || r.Name == "." || r.Name == ".." || strings.ContainsAny(r.Name, "/\\:\x00") {
		return r, provisioner.Errorf(provisioner.BadPayload, "the file name %q is not a base name", r.Name)
	}
	r.MaxSize = orDefault(r.MaxSize, defaultMaxSize)
	if r.Size > r.MaxSize {
		return r, tooLarge(r, r.Size)
	}
	return r, nil
}

func tooLarge(r Request, size int64) *provisioner.Error {
	return provisioner.Errorf(provisioner.BadPayload, "%s is too large: %d bytes, at most %d are allowed", r.Name,
		size, r.MaxSize)
}
