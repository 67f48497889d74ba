package io.gatehouse.e2e;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** A server for the lines of a tcp-log or the datagrams of a udp-log, which can go away and come back to its port. */
final class LineSink implements AutoCloseable {
    private static final int BUFFER = 8 << 20;

    private final boolean datagrams;
    private final @Nullable SSLContext tls;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
    private int port;
    private boolean up;

    private LineSink(boolean datagrams, @Nullable SSLContext tls) throws IOException {
        this.datagrams = datagrams;
        this.tls = tls;
        comeBack();
    }

    static LineSink tcp() throws IOException {
        return new LineSink(false, null);
    }

    /** With a certificate. */
    static LineSink tls(SSLContext certificate) throws IOException {
        return new LineSink(false, certificate);
    }

    static LineSink udp() throws IOException {
        return new LineSink(true, null);
    }

    int port() {
        return port;
    }

    /** Everything that came, in order. */
    List<String> lines() {
        return lines;
    }

    /** The names that clients asked for by TLS. */
    Set<String> names() {
        return names;
    }

    /** Refuses everything from now on, and cuts what is there. */
    synchronized void goAway() throws IOException {
        up = false;
        for (Closeable one : open) {
            one.close();
        }
        open.clear();
    }

    /** Is there again, at the port it had. */
    synchronized void comeBack() throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        up = true;
        if (datagrams) {
            DatagramSocket socket = new DatagramSocket(null);
            socket.setReceiveBufferSize(BUFFER);
            whenFree(() -> socket.bind(address));
            port = socket.getLocalPort();
            open.add(socket);
            run(() -> receive(socket));
        } else {
            ServerSocket socket = tls == null
                    ? new ServerSocket()
                    : tls.getServerSocketFactory().createServerSocket();
            socket.setReuseAddress(true);
            whenFree(() -> socket.bind(address));
            port = socket.getLocalPort();
            open.add(socket);
            run(() -> accept(socket));
        }
    }

    private interface Part {
        void run() throws IOException;
    }

    /** A bind that waits a moment: a port is free only when the thread that waited on it has let go. */
    private static void whenFree(Part bind) {
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> {
                    try {
                        bind.run();
                        return true;
                    } catch (BindException e) {
                        return false;
                    }
                },
                () -> "the port is not free");
    }

    private static void run(Part part) {
        Thread thread = new Thread(
                () -> {
                    try {
                        part.run();
                    } catch (IOException e) {
                        // it has gone away, or its client has
                    }
                },
                "line-sink");
        thread.setDaemon(true);
        thread.start();
    }

    private void receive(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        while (true) {
            packet.setLength(65_536);
            socket.receive(packet);
            lines.add(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8));
        }
    }

    private void accept(ServerSocket server) throws IOException {
        while (true) {
            Socket connection = server.accept();
            synchronized (this) {
                if (!up) {
                    connection.close();
                    return;
                }
                open.add(connection);
            }
            run(() -> read(connection));
        }
    }

    private void read(Socket connection) throws IOException {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
            if (connection instanceof SSLSocket encrypted
                    && encrypted.getSession() instanceof ExtendedSSLSession session) {
                for (SNIServerName name : session.getRequestedServerNames()) {
                    names.add(((SNIHostName) name).getAsciiName());
                }
            }
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
            }
        } finally {
            open.remove(connection);
        }
    }

    @Override
    public void close() {
        try {
            goAway();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
