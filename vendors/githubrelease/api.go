package githubrelease

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/rbee-keeper/provision/vendors/transfer"
)

const (
	maxAnswer     = 64 << 20 // bytes of one answer of the API; a page of a hundred full releases is about 5 MB
	maxAPITries   = 3
	maxRetryAfter = 5 * time.Second
	answerTimeout = 12 * time.Second // for one whole answer, so that a dying network does not hold up a fallback
	userAgent     = "provision-github-release/" + version
)

// api asks GitHub's REST API.
type api struct {
	settings
	client *github.Client
}

// newAPI keeps answers in a folder of the vendor's cache; an empty one keeps none.
func (s *Source) newAPI(set settings, cacheDir string) *api {
	kept := &answers{origin: set.api, next: &guard{set, loginWall{s.transport()}}}
	if cacheDir != "" {
		kept.dir = filepath.Join(cacheDir, "answers")
	}
	retrying := &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: kept, CheckRedirect: transfer.CheckRedirect, Timeout: answerTimeout},
		RetryWaitMin: s.backoff,
		RetryWaitMax: 4 * s.backoff,
		RetryMax:     maxAPITries - 1,
		CheckRetry:   shouldRetry,
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	// The redirects are followed, and the policy for them obeyed, by the inner client.
	client := github.NewClient(&http.Client{Transport: &retryablehttp.RoundTripper{Client: retrying}})
	client.BaseURL, client.UserAgent = set.api, userAgent
	return &api{settings: set, client: client}
}

// guard adds the token to requests for the API's own host and port, whichever way they come about, and bounds every
// answer.
type guard struct {
	settings
	next http.RoundTripper
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Authorization")
	if auth := g.authorization(); auth != "" && transfer.SameOrigin(r.URL, g.api) {
		r.Header.Set("Authorization", auth)
	}
	resp, err := g.next.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxAnswer}
	}
	return resp, err
}

func (s settings) authorization() string {
	if s.token == "" {
		return ""
	}
	return "Bearer " + s.token
}

var errLongAnswer = fmt.Errorf("the answer is longer than %d MiB", maxAnswer>>20)

// boundedBody fails, where io.LimitReader would end, after too many bytes.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errLongAnswer
	}
	return n, err
}

// shouldRetry repeats what may pass soon: a broken connection, a server's fault, a short wait that the server asks for.
// It does not repeat what has timed out, so that a network that drops packets fails once and fast.
func shouldRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		timeout, ok := errors.AsType[net.Error](err)
		isTimeout := ok && timeout.Timeout()
		again, _ := retryablehttp.DefaultRetryPolicy(ctx, nil, err)
		return again && !isTimeout && !errors.Is(err, errLongAnswer), nil
	}
	wait, hasWait := waitOf(resp)
	switch code := resp.StatusCode; {
	case code == http.StatusForbidden || code == http.StatusTooManyRequests:
		return hasWait && wait <= maxRetryAfter, nil
	case code >= 500 && code != http.StatusNotImplemented:
		return !hasWait || wait <= maxRetryAfter, nil
	default:
		return false, nil
	}
}

func backoff(shortest, longest time.Duration, try int, resp *http.Response) time.Duration {
	if resp != nil {
		if wait, ok := waitOf(resp); ok {
			return wait
		}
	}
	wait := min(shortest<<try, longest)
	return wait/2 + rand.N(wait/2+1)
}

// get asks for path, relative to the API's address, and decodes the answer.
func (a *api) get(ctx context.Context, path string, target any) (*github.Response, error) {
	req, err := a.client.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, a.apiError(err)
	}
	var body bytes.Buffer // Do would take an empty answer for an empty list
	resp, err := a.client.Do(ctx, req, &body)
	if err != nil {
		return resp, a.apiError(err)
	}
	if err := json.Unmarshal(body.Bytes(), target); err != nil {
		return resp, a.notGitHub(fmt.Errorf("the answer is not the JSON that was expected"))
	}
	return resp, nil
}

// release is what we read of a release; go-github's own type lacks an asset's digest.
type release struct {
	Tag         string    `json:"tag_name"`
	Draft       bool      `json:"draft"`
	Prerelease  bool      `json:"prerelease"`
	PublishedAt time.Time `json:"published_at"` // zero of a draft
	Assets      []asset   `json:"assets"`
}

// uploadedState is the state of an asset that is whole; before, it is "starter" or "open".
const uploadedState = "uploaded"

type asset struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	State      string `json:"state"`
	Size       int64  `json:"size"` // bytes
	Digest     string `json:"digest"`
	BrowserURL string `json:"browser_download_url"`
}

const perPage = 100

// page lists one page of the releases, and tells the number of the next; 0 is none.
func (a *api) page(ctx context.Context, number int) ([]release, int, error) {
	var releases []release
	path := fmt.Sprintf("repos/%s/releases?per_page=%d&page=%d", a.repo, perPage, number)
	resp, err := a.get(ctx, path, &releases)
	if err != nil {
		return nil, 0, err
	}
	if resp.NextPage <= number {
		return releases, 0, nil
	}
	return releases, resp.NextPage, nil
}
