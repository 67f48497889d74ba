package io.gatehouse.simulator;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;

/** Runs a script on one connection, on a thread of its own; counters are read by others under its lock. */
final class FaultConnection implements Runnable {
    private final FaultServer server;
    private final Socket socket;
    private final int index;
    private final ServerScript script;
    private final SplittableRandom random;
    private final long startNanos = System.nanoTime();
    private final int keep;

    // read ahead of the script during a pause
    private byte[] ahead = {};
    private int aheadAt;
    private boolean inputEnded;
    private volatile boolean ended;

    private ConnectionRecord.End end = ConnectionRecord.End.OPEN;
    private boolean stalled;
    private int requests;
    private final ByteArrayOutputStream captured = new ByteArrayOutputStream();
    private long bytesReceived;
    private long bytesSent;
    private long peerClosedMs = -1;
    private long durationMs = -1;

    FaultConnection(FaultServer server, Socket socket, int index, ServerScript script, long seed, int keep) {
        this.server = server;
        this.socket = socket;
        this.index = index;
        this.script = script;
        this.random = new SplittableRandom(Ids.mix(seed) + index);
        this.keep = keep;
    }

    @Override
    public void run() {
        try {
            do {
                for (ServerScript.Step step : script.steps) {
                    step.run(this);
                    if (ended) {
                        return;
                    }
                }
            } while (script.repeated);
            close();
        } catch (EOFException e) {
            over(ConnectionRecord.End.PEER_CLOSED);
        } catch (IOException e) {
            // the only other reason for a failing socket: it was closed here, and then the end is set already
            peerClosed();
            over(ConnectionRecord.End.PEER_RESET);
        } catch (InterruptedException e) {
            over(ConnectionRecord.End.SERVER_STOPPED);
        } finally {
            closeQuietly();
        }
    }

    // ---- reading

    private int read(byte[] buffer, int length) throws IOException {
        if (aheadAt < ahead.length) {
            int count = Math.min(length, ahead.length - aheadAt);
            System.arraycopy(ahead, aheadAt, buffer, 0, count);
            aheadAt += count;
            return count;
        }
        return receive(buffer, length);
    }

    private int receive(byte[] buffer, int length) throws IOException {
        InputStream in = socket.getInputStream();
        int count = in.read(buffer, 0, length);
        if (count < 0) {
            inputEnded = true;
            peerClosed();
            return count;
        }
        synchronized (this) {
            bytesReceived += count;
            captured.write(buffer, 0, Math.max(0, Math.min(count, keep - captured.size())));
        }
        server.changed();
        return count;
    }

    private int readByte(byte[] one) throws IOException {
        if (read(one, 1) < 0) {
            throw new EOFException();
        }
        return one[0];
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        byte[] one = new byte[1];
        while (readByte(one) != '\n') {
            line.append((char) (one[0] & 0xff));
        }
        int length = line.length();
        return length > 0 && line.charAt(length - 1) == '\r' ? line.substring(0, length - 1) : line.toString();
    }

    void readHead() throws IOException {
        head();
    }

    private String head() throws IOException {
        StringBuilder head = new StringBuilder();
        String line = readLine();
        while (!line.isEmpty() || head.length() == 0) {
            head.append(line.toLowerCase(Locale.ROOT)).append('\n');
            line = readLine();
        }
        synchronized (this) {
            requests++;
        }
        server.changed();
        return head.toString();
    }

    void readRequest() throws IOException {
        String head = head();
        if (head.contains("\ntransfer-encoding:")) {
            long size;
            do {
                String line = readLine();
                int extension = line.indexOf(';');
                size = Long.parseLong((extension < 0 ? line : line.substring(0, extension)).trim(), 16);
                readBytes(size);
                do {
                    line = readLine();
                } while (size == 0 && !line.isEmpty()); // trailers
            } while (size > 0);
            return;
        }
        int at = head.indexOf("\ncontent-length:");
        if (at >= 0) {
            int from = at + "\ncontent-length:".length();
            readBytes(Long.parseLong(
                    head.substring(from, head.indexOf('\n', from)).trim()));
        }
    }

    void readBytes(long count) throws IOException {
        byte[] buffer = new byte[8192];
        long left = count;
        while (left > 0) {
            int read = read(buffer, (int) Math.min(left, buffer.length));
            if (read < 0) {
                throw new EOFException();
            }
            left -= read;
        }
    }

    void readSlowly(int bytes, Duration pause, long total) throws IOException, InterruptedException {
        byte[] buffer = new byte[bytes];
        long left = total;
        while (left > 0) {
            int read = read(buffer, (int) Math.min(left, bytes));
            if (read < 0) {
                return;
            }
            left -= read;
            server.sleep(pause);
        }
    }

    // ---- writing

    void send(byte[] bytes, int from, int count) throws IOException {
        OutputStream out = socket.getOutputStream();
        // in small parts, so that the count is near the truth while a write is held up
        for (int at = from; at < from + count; ) {
            int part = Math.min(4096, from + count - at);
            out.write(bytes, at, part);
            at += part;
            synchronized (this) {
                bytesSent += part;
            }
        }
        server.changed();
    }

    byte[] random(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    // ---- waiting and ending

    void pause(Duration duration) throws IOException, InterruptedException {
        long until = System.nanoTime() + duration.toNanos();
        byte[] buffer = new byte[8192];
        while (true) {
            long left = until - System.nanoTime();
            if (left <= 0) {
                return;
            }
            if (inputEnded) {
                // a half-closed peer still gets the rest of the script
                server.sleep(Duration.ofNanos(left));
                return;
            }
            socket.setSoTimeout((int) Math.max(1, left / 1_000_000));
            try {
                int count = receive(buffer, buffer.length);
                if (count > 0) {
                    byte[] joined = new byte[ahead.length - aheadAt + count];
                    System.arraycopy(ahead, aheadAt, joined, 0, ahead.length - aheadAt);
                    System.arraycopy(buffer, 0, joined, ahead.length - aheadAt, count);
                    ahead = joined;
                    aheadAt = 0;
                }
            } catch (SocketTimeoutException e) {
                return;
            } finally {
                socket.setSoTimeout(0);
            }
        }
    }

    void awaitRelease() throws InterruptedException {
        server.awaitRelease();
    }

    void stall() throws IOException {
        silent();
        byte[] buffer = new byte[8192];
        while (receive(buffer, buffer.length) >= 0) {
            // only counted
        }
        throw new EOFException();
    }

    void hang() throws InterruptedException {
        silent();
        server.awaitStop();
        throw new InterruptedException();
    }

    private void silent() {
        synchronized (this) {
            stalled = true;
        }
        server.changed();
    }

    void reset() throws IOException {
        // a close that lingers for no time at all is a reset
        socket.setSoLinger(true, 0);
        over(ConnectionRecord.End.RESET);
        socket.close();
    }

    void close() {
        over(ConnectionRecord.End.CLOSED);
        closeQuietly();
    }

    void halfClose() throws IOException {
        socket.shutdownOutput();
    }

    /** From the server's thread. */
    void stop() {
        over(ConnectionRecord.End.SERVER_STOPPED);
        closeQuietly();
    }

    private void closeQuietly() {
        try {
            socket.close();
        } catch (IOException e) {
            FaultServer.LOG.debug("Closing connection {} failed", index, e);
        }
    }

    private void peerClosed() {
        synchronized (this) {
            if (peerClosedMs < 0 && end == ConnectionRecord.End.OPEN) {
                peerClosedMs = (System.nanoTime() - startNanos) / 1_000_000;
            }
        }
        server.changed();
    }

    private void over(ConnectionRecord.End how) {
        synchronized (this) {
            if (end != ConnectionRecord.End.OPEN) {
                return;
            }
            end = how;
            ended = true;
            durationMs = (System.nanoTime() - startNanos) / 1_000_000;
        }
        server.ended(this);
    }

    synchronized ConnectionRecord record() {
        return new ConnectionRecord(
                index,
                end,
                stalled,
                requests,
                captured.toByteArray(),
                bytesReceived,
                bytesSent,
                peerClosedMs,
                durationMs);
    }
}
