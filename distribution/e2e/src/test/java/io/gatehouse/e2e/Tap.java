package io.gatehouse.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.gatehouse.simulator.WireRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Stands between two programs, passes their bytes on as they come, and tells what requests and answers they were. */
final class Tap implements AutoCloseable {
    private static final Pattern ANSWER = Pattern.compile("HTTP/1\\.[01] ([2-5]\\d\\d)[ \\r]");

    /**
     * What came over one connection since this was last asked.
     *
     * @param asked requests that came whole
     * @param rest whether there are further bytes: the beginning of a request, or something else
     * @param answers their statuses
     */
    record Talk(List<WireRequest> asked, boolean rest, List<Integer> answers) {}

    private static final class Connection {
        private final ByteArrayOutputStream asked = new ByteArrayOutputStream();
        private final ByteArrayOutputStream answered = new ByteArrayOutputStream();
        private long turn; // when the first byte of what is new was asked, among all connections
        private int ended; // of its two directions
    }

    private final ServerSocket listener;
    private final int target;
    private final List<Connection> connections = new ArrayList<>();
    private long turns;

    private Tap(int target) throws IOException {
        this.target = target;
        listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    /** Starts one in front of a port of this machine. */
    static Tap before(int port) throws IOException {
        return new Tap(port);
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "tap");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    /** The statuses of the final answers in what a server said. */
    static List<Integer> statuses(String said) {
        List<Integer> statuses = new ArrayList<>();
        Matcher answers = ANSWER.matcher(said);
        while (answers.find()) {
            statuses.add(Integer.valueOf(answers.group(1)));
        }
        return statuses;
    }

    /**
     * What is new on each connection, in the order in which it began.
     *
     * @throws IllegalArgumentException where somebody sent what could be read in two ways, if that is looked for
     */
    synchronized List<Talk> talks(boolean strictly) {
        List<Talk> talks = new ArrayList<>();
        connections.sort(Comparator.comparingLong(connection -> connection.turn));
        for (Connection connection : connections) {
            byte[] bytes = connection.asked.toByteArray();
            String answered = connection.answered.toString(ISO_8859_1);
            if (bytes.length > 0 || !answered.isEmpty()) {
                List<WireRequest> whole = new ArrayList<>();
                int end = 0;
                for (WireRequest request : strictly ? WireRequest.of(bytes) : WireRequest.beforeDoubt(bytes)) {
                    if (request.whole()) {
                        whole.add(request);
                        end = request.end();
                    }
                }
                connection.asked.reset(); // what is left belongs to what was given up
                connection.answered.reset();
                talks.add(new Talk(whole, end < bytes.length, statuses(answered)));
            }
        }
        connections.removeIf(connection -> connection.ended == 2);
        return talks;
    }

    /** The whole requests that are new. */
    List<WireRequest> requests(boolean strictly) {
        return talks(strictly).stream().flatMap(talk -> talk.asked().stream()).toList();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                Connection connection = new Connection();
                synchronized (this) {
                    connections.add(connection);
                }
                daemon(() -> pass(client, server, connection, connection.asked));
                daemon(() -> pass(server, client, connection, connection.answered));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void pass(Socket from, Socket to, Connection connection, ByteArrayOutputStream kept) {
        byte[] block = new byte[16 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                synchronized (this) {
                    if (kept == connection.asked && kept.size() == 0) {
                        connection.turn = ++turns;
                    }
                    kept.write(block, 0, n);
                }
                out.write(block, 0, n);
            }
        } catch (IOException e) {
            // one of both has left: the other one is let go
        } finally {
            synchronized (this) {
                connection.ended++;
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
