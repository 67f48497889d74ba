package io.gatehouse.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client's connection, byte by byte: it can leave in every way, and sees exactly how an answer ends. For one thread. */
final class Wire implements AutoCloseable {
    /** How an answer came to its end. */
    enum End {
        /** As its framing says. */
        WHOLE,
        /** A FIN before that. */
        CUT,
        /** A reset before that. */
        RESET,
        /** Nothing came for too long. */
        SILENT
    }

    /**
     * An answer, as far as it came.
     *
     * @param status 0 when no head came
     * @param headers names in lower case, values of equal names joined
     * @param raw the body, decoded from chunks, a character for each byte
     * @param interims how many informational answers came before it
     */
    record Answer(int status, Map<String, String> headers, String raw, int interims, End end) {
        String text() {
            return new String(bytes(), StandardCharsets.UTF_8);
        }

        byte[] bytes() {
            return raw.getBytes(StandardCharsets.ISO_8859_1);
        }

        String header(String name) {
            return headers.getOrDefault(name, "");
        }

        @Override
        public String toString() {
            return status + " " + headers + " " + end + " after " + raw.length() + " bytes: "
                    + text().substring(0, Math.min(300, text().length()));
        }
    }

    /** Says that the answer ends here, in whatever way. */
    private static final class Ended extends Exception {
        private static final long serialVersionUID = 1L;

        private final End end;

        Ended(End end) {
            super(end.name(), null, false, false);
            this.end = end;
        }
    }

    private final Socket socket;
    private final InputStream in;
    private final byte[] buffer = new byte[16 * 1024];
    private int at;
    private int filled;

    private Wire(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
    }

    static Wire to(int port) throws IOException {
        return to(port, 0);
    }

    /** @param receiveBuffer bytes that the system may read ahead; 0 for its own choice */
    static Wire to(int port, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        try {
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) Workplace.SOON.toMillis());
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) Workplace.SOON.toMillis());
            return new Wire(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** A request, with a length and a JSON type where it has a body; header lines may follow. */
    static String request(String method, String path, String body, String... headers) {
        StringBuilder text = new StringBuilder()
                .append(method)
                .append(' ')
                .append(path)
                .append(" HTTP/1.1\r\nHost: gateway.example\r\nUser-Agent: wire\r\nAccept: application/json\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        if (!body.isEmpty()) {
            text.append("Content-Type: application/json\r\nContent-Length: ")
                    .append(body.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n");
        }
        return text.append("\r\n").append(body).toString();
    }

    /** Sends one request on a connection of its own and reads the answer. */
    static Answer call(int port, String request) throws IOException {
        try (Wire wire = to(port)) {
            return wire.send(request).answer();
        }
    }

    Wire send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    Wire send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    Wire silentFor(Duration limit) throws SocketException {
        socket.setSoTimeout((int) limit.toMillis());
        return this;
    }

    /** Whether for so long nothing comes and the connection stays open. */
    boolean isQuietFor(Duration time) throws IOException {
        Wire unused = silentFor(time);
        try {
            int something = read();
            at--;
            return something < 0;
        } catch (Ended e) {
            return e.end == End.SILENT;
        } finally {
            unused = silentFor(Workplace.SOON);
        }
    }

    /** Sends a FIN and goes on reading. */
    Wire halfClose() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Leaves with a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Leaves with a FIN, or with a reset where something has come that was not read. */
    void leave() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        leave();
    }

    private int read() throws IOException, Ended {
        if (at == filled) {
            try {
                filled = in.read(buffer);
            } catch (SocketTimeoutException e) {
                filled = 0;
                at = 0;
                throw new Ended(End.SILENT);
            } catch (SocketException e) {
                filled = 0;
                at = 0;
                throw new Ended(End.RESET);
            }
            at = 0;
            if (filled < 0) {
                filled = 0;
                throw new Ended(End.CUT);
            }
        }
        return buffer[at++] & 0xff;
    }

    private String line() throws IOException, Ended {
        StringBuilder line = new StringBuilder();
        for (int c = read(); c != '\n'; c = read()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    /** Reads up to so many bytes of whatever comes; the number that came, 0 when the connection has ended. */
    int skip(int most) throws IOException {
        int count = 0;
        try {
            while (count < most) {
                int unused = read();
                count++;
            }
        } catch (Ended e) {
            // less then
        }
        return count;
    }

    /** Reads until this text has come; everything that came with it. */
    String until(String wanted) throws IOException {
        StringBuilder text = new StringBuilder();
        try {
            while (text.length() < wanted.length()
                    || text.lastIndexOf(wanted, text.length() - wanted.length()) != text.length() - wanted.length()) {
                text.append((char) read());
            }
        } catch (Ended e) {
            throw new AssertionError(e.end + " before '" + wanted + "', after: " + text, e);
        }
        return text.toString();
    }

    /** Reads what comes until the connection ends. */
    String rest() throws IOException {
        StringBuilder text = new StringBuilder();
        try {
            while (true) {
                text.append((char) read());
            }
        } catch (Ended e) {
            if (e.end == End.SILENT) {
                throw new AssertionError("still open, after: " + text, e);
            }
            return text.toString();
        }
    }

    /** Reads the head of an answer and its body; informational answers are counted and passed over. */
    Answer answer() throws IOException {
        Map<String, String> headers = new TreeMap<>();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int status = 0;
        int interims = -1;
        try {
            do {
                String first = line();
                headers.clear();
                for (String line = line(); !line.isEmpty(); line = line()) {
                    int colon = line.indexOf(':');
                    headers.merge(
                            line.substring(0, colon).toLowerCase(Locale.ROOT),
                            line.substring(colon + 1).trim(),
                            (one, other) -> one + ", " + other);
                }
                status = Integer.parseInt(first.split(" ", 3)[1]);
                interims++;
            } while (status < 200);
            readBody(status, headers, body);
            return new Answer(status, headers, raw(body), interims, End.WHOLE);
        } catch (Ended e) {
            return new Answer(status, headers, raw(body), Math.max(0, interims), e.end);
        }
    }

    private static String raw(ByteArrayOutputStream body) {
        return body.toString(StandardCharsets.ISO_8859_1);
    }

    private void readBody(int status, Map<String, String> headers, ByteArrayOutputStream body)
            throws IOException, Ended {
        if (status == 204 || status == 304) {
            return;
        }
        if (headers.getOrDefault("transfer-encoding", "").equals("chunked")) {
            for (int size = size(line()); size > 0; size = size(line())) {
                for (int i = 0; i < size; i++) {
                    body.write(read());
                }
                String unused = line();
            }
            while (!line().isEmpty()) {
                // a trailer
            }
            return;
        }
        long length = Long.parseLong(headers.getOrDefault("content-length", "0"));
        for (long i = 0; i < length; i++) {
            body.write(read());
        }
    }

    private static int size(String line) {
        return Integer.parseInt(line, 16);
    }
}
