package spawn

import (
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestAPortIsHandedOutOnceUntilItIsReleased(t *testing.T) { // not in parallel with those that would take it then
	first, err := openPort("127.0.0.1", 0)
	require.NoError(t, err)
	_, err = claim(first.number)
	require.Error(t, err, "another hive can't have it, though nobody listens yet")
	first.release()
	again, err := claim(first.number)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestAGivenPortMustBeFree(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	number := listener.Addr().(*net.TCPAddr).Port
	_, err = openPort("127.0.0.1", number)
	var taken *PortError
	require.ErrorAs(t, err, &taken)
	require.Equal(t, number, taken.Port)
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.Equal(t, "give another port, or none for a free one", provisioner.HintOf(err))
}

func TestAnAddressThatThisMachineLacksIsTold(t *testing.T) {
	t.Parallel()
	_, err := openPort("192.0.2.1", 0) // reserved for documentation
	var unusable *PortError
	require.ErrorAs(t, err, &unusable)
	require.Equal(t, "192.0.2.1", unusable.Host)
	require.Empty(t, provisioner.HintOf(err))
}

func TestAWorkerThatListensEverywhereIsReachedByLoopback(t *testing.T) {
	for host, want := range map[string]string{
		"0.0.0.0": "127.0.0.1:80", "::": "[::1]:80", "127.0.0.1": "127.0.0.1:80", "::1": "[::1]:80",
		"localhost": "localhost:80",
		"192.0.2.1": "192.0.2.1:80",
	} {
		require.Equal(t, want, (&port{host: host, number: 80}).reachable())
	}
}
