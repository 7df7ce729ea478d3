package transfer

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestGet_refusesADowngradeToPlainHTTP(t *testing.T) {
	plain := serve(t, payloadOf(16))
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer secure.Close()
	c := quick
	c.Transport = secure.Client().Transport
	_, err := c.Get(t.Context(), Request{URL: secure.URL, Dir: t.TempDir(), Name: "w"})
	requireKind(t, provisioner.Unreachable, err)
	require.ErrorIs(t, err, errDowngrade)
	require.Empty(t, plain.requests())
}

func TestGet_givesUpACircleOfRedirects(t *testing.T) {
	s := serve(t, nil)
	s.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
		return true
	}
	_, err := quick.Get(t.Context(), s.request(t))
	requireKind(t, provisioner.Unreachable, err)
	require.Len(t, s.requests(), maxRedirects)
}

func TestGet_doesNotRepeatAnUntrustedCertificate(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	retries := 0
	req := Request{URL: secure.URL, Dir: t.TempDir(), Name: "w", OnRetry: func(error, time.Duration) { retries++ }}
	_, err := Client{Backoff: time.Millisecond}.Get(t.Context(), req)
	requireKind(t, provisioner.Unreachable, err)
	require.Zero(t, retries)
}

func TestCheckRedirect_neverSendsACredentialBackThroughAnotherHost(t *testing.T) {
	hop := func(address string) *http.Request {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "secret")
		return r
	}
	for address, keeps := range map[string]bool{
		"https://a.test/y":      true,
		"https://a.test:443/y":  true,
		"https://a.test:8443/y": false,
		"https://b.a.test/y":    false,
		"https://b.test/y":      false,
	} {
		r := hop(address)
		require.NoError(t, CheckRedirect(r, []*http.Request{hop("https://a.test/x")}))
		require.Equal(t, keeps, r.Header.Get("Authorization") != "", address)
	}
	back := hop("https://a.test/z")
	require.NoError(t, CheckRedirect(back, []*http.Request{hop("https://a.test/x"), hop("https://b.test/y")}))
	require.Empty(t, back.Header.Get("Authorization"))
}

func TestRetryAfter_readsSecondsAndDates(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second,
		"Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		got, ok := RetryAfter(http.Header{"Retry-After": {value}}, now)
		require.True(t, ok)
		require.Equal(t, want, got, value)
	}
	for _, value := range []string{"", "-3", "soon", "99999999999999999999"} {
		_, ok := RetryAfter(http.Header{"Retry-After": {value}}, now)
		require.False(t, ok, value)
	}
}
