package spawn

import (
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAListenerIsKnownByItsOwner(t *testing.T) {
	t.Parallel()
	h := newHive(t)
	w := h.mustStart(t, Options{})
	address := w.launch.Host + ":" + w.Info().URL[len("http://127.0.0.1:"):]
	require.False(t, strangerListens(address, w.Info().PID))

	for _, bound := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"} {
		listener, err := net.Listen("tcp", bound)
		if err != nil && bound[0] == '[' {
			continue // no IPv6 here
		}
		require.NoError(t, err)
		defer listener.Close()
		_, number, err := net.SplitHostPort(listener.Addr().String())
		require.NoError(t, err)
		asked := "127.0.0.1"
		if bound == "[::1]:0" {
			asked = "::1"
		}
		require.True(t, strangerListens(net.JoinHostPort(asked, number), w.Info().PID), "this process is older: %s", bound)
		require.False(t, strangerListens(net.JoinHostPort(asked, number), os.Getpid()), "it is our own: %s", bound)
		if bound == "127.0.0.1:0" {
			require.False(t, strangerListens("127.0.0.2:"+number, w.Info().PID), "it listens elsewhere")
		}
	}
}
