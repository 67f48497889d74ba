package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.NullUnmarked;

/**
 * An upstream whose answer is the head that it got, letter by letter. What else it does, the path says: {@code
 * /status/404}, {@code /hang}, {@code /close}, or {@code /answer/N}, the N-th of the answers that it was given.
 */
@NullUnmarked
final class EchoUpstream implements AutoCloseable {
    private final ServerSocket listener;
    private final List<String> answers;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    EchoUpstream(List<String> answers) throws IOException {
        this.answers = answers;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                open.add(socket);
                threads.execute(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (String head = head(in); head != null; head = head(in)) {
                if (!answer(socket, in, head)) {
                    return;
                }
            }
        } catch (IOException e) {
            // the gateway gave it up
        } finally {
            open.remove(socket);
        }
    }

    private boolean answer(Socket socket, InputStream in, String head) throws IOException {
        in.skipNBytes(length(head));
        String path = head.split(" ", 3)[1];
        String[] parts = path.split("/", -1);
        String what = parts.length > 1 ? parts[1] : "";
        switch (what) {
            case "close" -> {
                return false;
            }
            case "hang" -> {
                return in.read() >= 0;
            }
            case "answer" ->
                send(
                        socket,
                        answers.get(Integer.parseInt(parts[2]))
                                .replace("{ECHO}", Integer.toString(port()))
                                .replace("\n", "\r\n"));
            case "status" ->
                send(socket, "HTTP/1.1 " + parts[2] + " Said\r\nServer: echo\r\nContent-Length: 0\r\n\r\n");
            default -> send(socket, response(head));
        }
        return true;
    }

    private static String response(String head) {
        return "HTTP/1.1 200 OK\r\nServer: echo\r\nContent-Length: " + head.length() + "\r\n\r\n"
                + (head.startsWith("HEAD ") ? "" : head);
    }

    private static void send(Socket socket, String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static int length(String head) {
        for (String line : head.split("\r\n", -1)) {
            if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                return Integer.parseInt(line.substring(15).strip());
            }
        }
        return 0;
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdown();
    }
}
