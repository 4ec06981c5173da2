package io.tidegate.target.interop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;

/** One path between a host and a portal, which a test can cut. Takes one connection at a time. */
final class Cable implements AutoCloseable {

    private final InetSocketAddress portal;
    private final ServerSocket plug = new ServerSocket(0, 4, InetAddress.getLoopbackAddress());
    private volatile Wire wire = new Wire(new Socket(), new Socket());
    private volatile boolean cut;

    private record Wire(Socket host, Socket target) {}

    Cable(InetSocketAddress portal) throws IOException {
        this.portal = portal;
        Thread.ofPlatform().name("cable").daemon().start(this::take);
    }

    /** Where the host connects to. */
    InetSocketAddress end() {
        return (InetSocketAddress) plug.getLocalSocketAddress();
    }

    private void take() {
        try {
            while (!plug.isClosed()) {
                Wire now = new Wire(plug.accept(), new Socket());
                now.target.connect(portal, 10_000);
                now.target.setTcpNoDelay(true);
                now.host.setTcpNoDelay(true);
                wire = now;
                cut = false;
                Thread.ofPlatform().daemon().start(() -> toTarget(now));
                Thread.ofPlatform().daemon().start(() -> toHost(now));
            }
        } catch (IOException e) {
            if (!plug.isClosed()) {
                throw new AssertionError("no connection through the cable", e);
            }
        }
    }

    private static void toTarget(Wire wire) {
        byte[] bytes = new byte[1 << 16];
        try {
            int n = wire.host.getInputStream().read(bytes);
            while (n >= 0) {
                wire.target.getOutputStream().write(bytes, 0, n);
                n = wire.host.getInputStream().read(bytes);
            }
            wire.target.shutdownOutput();
        } catch (IOException e) {
            // cut, or one end has closed
        }
    }

    /** The host learns of the cut when the target has: its time-out is the longer one. */
    private void toHost(Wire wire) {
        byte[] bytes = new byte[1 << 16];
        try (Socket host = wire.host;
                Socket target = wire.target) {
            int n = target.getInputStream().read(bytes);
            while (n >= 0) {
                if (!cut) {
                    host.getOutputStream().write(bytes, 0, n);
                }
                n = target.getInputStream().read(bytes);
            }
        } catch (SocketException e) {
            // closed at the other end
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Nothing comes through any more: commands may have arrived, their answers do not. */
    void cut() throws IOException {
        cut = true;
        wire.target.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        plug.close();
        wire.host.close();
        wire.target.close();
    }
}
