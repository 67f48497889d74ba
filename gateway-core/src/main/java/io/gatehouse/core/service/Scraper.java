package io.gatehouse.core.service;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads metrics off the event loops, and only once for scrapes that come together: a scrape that arrives while another
 * one is being read waits for the next reading, which serves everyone who came meanwhile. So nobody gets values older
 * than the request.
 *
 * <p>Any thread.
 */
public final class Scraper {
    private final Vertx vertx;
    private final Consumer<Consumer<String>> source;
    private boolean reading;
    private @Nullable Promise<List<Buffer>> waiting;

    /**
     * Makes a scraper.
     *
     * @param source writes its text in pieces, such as {@link MetricsRegistry#write}; may take long
     */
    public Scraper(Vertx vertx, Consumer<Consumer<String>> source) {
        this.vertx = vertx;
        this.source = source;
    }

    /** The text in pieces, which several callers may share: not to be changed. */
    public synchronized Future<List<Buffer>> scrape() {
        Promise<List<Buffer>> joined = waiting;
        if (joined == null) {
            joined = Promise.promise();
            waiting = joined;
            if (!reading) {
                readNext();
            }
        }
        return joined.future();
    }

    /** Scrapes into a response, piece by piece at the client's speed; completes when all was written. */
    public Future<Void> writeTo(HttpServerResponse response, String contentType) {
        return scrape().compose(pieces -> {
            response.putHeader("Content-Type", contentType).setChunked(true);
            return write(response, pieces, 0);
        });
    }

    private static Future<Void> write(HttpServerResponse response, List<Buffer> pieces, int index) {
        return index == pieces.size()
                ? response.end()
                : response.write(pieces.get(index)).compose(done -> write(response, pieces, index + 1));
    }

    private synchronized void readNext() {
        reading = waiting != null;
        if (!reading) {
            return;
        }
        vertx.executeBlocking(() -> read(), false);
    }

    private @Nullable Void read() {
        Promise<List<Buffer>> served;
        synchronized (this) {
            served = waiting;
            waiting = null;
        }
        try {
            List<Buffer> pieces = new ArrayList<>();
            source.accept(piece -> pieces.add(Buffer.buffer(piece)));
            if (served != null) {
                served.complete(pieces);
            }
        } catch (RuntimeException e) {
            if (served != null) {
                served.fail(e);
            }
        } finally {
            readNext();
        }
        return null;
    }
}
