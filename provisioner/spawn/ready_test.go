package spawn

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestPatienceLastsWhileThereIsProgressButNotForEver(t *testing.T) {
	began := time.Now()
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	nothing := time.Time{}
	p := newPatience(10*time.Second, began)
	require.False(t, p.isOver(at(9), false, nothing))
	require.True(t, p.isOver(at(10), false, nothing))
	require.False(t, p.isOver(at(10), false, at(5)), "it has printed something")
	require.True(t, p.isOver(at(15), false, at(5)))
	require.False(t, p.isOver(at(18), true, at(5)), "it loads its model")
	require.False(t, p.isOver(at(27), false, at(5)))
	require.True(t, p.isOver(at(28), false, at(5)))
	require.False(t, p.isOver(at(29), true, at(29)))
	require.True(t, p.isOver(at(30), true, at(30)), "three times the limit is the most")
}

func TestTheLimitIsTheOptionsOrElseTheTemplates(t *testing.T) {
	for want, c := range map[time.Duration]struct {
		given time.Duration
		ready *catalog.Ready
	}{
		time.Second:      {time.Second, &catalog.Ready{Timeout: "10m"}},
		10 * time.Minute: {0, &catalog.Ready{Timeout: "10m"}},
		2 * time.Minute:  {0, &catalog.Ready{}},
	} {
		require.Equal(t, want, Options{ReadyTimeout: c.given}.readyTimeout(c.ready))
	}
	require.Equal(t, 2*time.Minute, Options{}.readyTimeout(nil))
}

func TestAWorkerThatDoesNotAnswerIsNoCancelledStart(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	q := newQuestion(strings.TrimPrefix(server.URL, "http://"), &catalog.Ready{HTTP: "/health"})
	q.timeout = 50 * time.Millisecond
	_, err := q.ask(t.Context())
	require.EqualError(t, err, "no answer within 50ms")
	require.Equal(t, provisioner.Other, provisioner.KindOf(&NotReadyError{LastErr: err}))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = q.ask(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestOnlyAGoodAnswerIsReadiness(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/health", http.StatusFound)
		case "/loading":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/health":
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	for path, want := range map[string]struct {
		isLoading bool
		text      string
	}{
		"/health": {}, "/moved": {text: "302"}, "/loading": {true, "503"}, "/other": {text: "404"},
	} {
		q := newQuestion(strings.TrimPrefix(server.URL, "http://"), &catalog.Ready{HTTP: path})
		isLoading, err := q.ask(t.Context())
		require.Equal(t, want.isLoading, isLoading, path)
		if want.text == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want.text)
		}
	}
}
