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
	Transport http.RoundTripper // nil is one shared by all zero Clients, made by NewTransport
	Stall     time.Duration     // without a byte for so long, a connection is given up; half of it in further tries; 0 is 30 s
	Attempts  int               // tries in a row that bring nothing new before Get gives up; 0 is 5
	Backoff   time.Duration     // wait before the second try, doubled for each further one, with jitter; 0 is 500 ms
	MaxWait   time.Duration     // longest wait between tries, also where a server's Retry-After asks for more; 0 is 30 s
	// Connections is how many may bring one file at a time; 0 is 16. More join only while that makes it faster.
	Connections int

	segment int64 // bytes that a connection is asked for; tests make it small
}

// Request asks for one file.
type Request struct {
	URL    string      // http or https
	Header http.Header // further headers; they go to every host on the way, so they hold no secret
	// Authorization is the value of that header. It goes to URL's own scheme, host and port alone.
	Authorization string
	Dir           string // an existing folder
	Name          string // base name of the finished file; the unfinished one is Name.part
	Size          int64  // bytes; 0 is unknown. Another size is an error
	MaxSize       int64  // bytes; 0 is 16 GiB
	// Digest, where known, lets Get keep a finished file and distrust the bytes that an earlier process left. Checking the
	// result is left to the caller.
	Digest     catalog.Digest
	OnProgress func(Progress) // called from Get's goroutine, about ten times in a second
	OnRetry    func(err error, wait time.Duration)
}

// Result tells of a finished download.
type Result struct {
	Path    string // of the finished file
	Size    int64  // bytes
	Resumed int64  // bytes that were there before
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

// withDefaults fills in what c leaves open.
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

// validate refuses what could write outside of Dir or reach no server, and completes r.
func (r Request) validate() (Request, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return r, provisioner.Errorf(provisioner.InvalidConfig, "malformed download address %q: use http or https", redact.URL(r.URL))
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
	return provisioner.Errorf(provisioner.BadPayload, "%s is too large: %d bytes, at most %d are taken", r.Name, size, r.MaxSize)
}
