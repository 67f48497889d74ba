package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a source, decodes it where its framing is another one, passes every item through the transforms of that framing,
 * and gives out items or, where bytes are asked for, one buffer, or a few large ones, for what one piece of the source
 * produced.
 *
 * <p>Everything happens within the reader's pull, in a loop: futures that are complete already cost no callback, and a
 * source that always has something at hand does not deepen the stack.
 *
 * <p>Items are kept as objects: the types are checked where a body is transformed and opened.
 */
final class Pipe implements BodyReader<Object> {
    private static final Duration SHORTEST = Duration.ofMillis(1);

    /** Up to so many buffers, of together at least so many bytes, are given out apart rather than copied into one. */
    private static final int MAX_APART = 4;

    private static final int MIN_APART = 4096;

    private final BodyReader<?> source;
    private final Framing<Object> framing;

    /** Turns the source's items into bytes; null when they are items of our framing already. */
    private final @Nullable Framing<Object> sourceFraming;

    private final Framing.@Nullable Decoder<Object> decoder;
    private final Consumer<Object> decoded = this::decoded;
    private final Stage[] stages;

    /** Whether the items are the house's own events, which know their bytes without being encoded. */
    private final boolean events;

    /** Whether bytes are given out rather than items. */
    private final boolean bytesOut;

    private final ArrayDeque<Object> items = new ArrayDeque<>(4);

    /** What is to be given out as bytes: buffers, and events whose bytes may not be needed on their own. */
    private final ArrayList<Object> pieces = new ArrayList<>(4);

    private BodyRuntime.@Nullable Loop loop;

    private @Nullable Promise<@Nullable Object> waiting;
    private boolean running;

    /** Whether the source owes an item. */
    private boolean asked;

    private boolean arrived;
    private @Nullable Object arrival;
    private @Nullable BodyEnd sourceFault;
    private boolean sourceOver;

    /** Bytes that went into the decoder, and bytes of the items that came out of it. */
    private long fed;

    private long framed;

    /** The source's bytes, to be passed on as they are as long as their items come out untouched and in order. */
    private @Nullable Buffer untouched;

    private @Nullable Object current;
    private boolean currentEmitted;
    private boolean feeding;

    /** Up to which transform the body was cut off, and whether this is still to be carried out. */
    private int cut = -1;

    private boolean cutPending;
    private @Nullable BodyEnd cutEnd;

    /** How the body ends for the reader; known before the last item is given out. */
    private @Nullable BodyEnd end;

    private boolean over;
    private boolean cancelled;

    @SuppressWarnings("unchecked") // the framings belong to source and transforms, see the class comment
    Pipe(
            BodyReader<?> source,
            Framing<?> sourceFraming,
            Framing<?> framing,
            List<? extends BodyTransform<?>> transforms,
            boolean bytesOut) {
        this.source = source;
        this.framing = (Framing<Object>) framing;
        boolean decode = !sourceFraming.equals(framing);
        this.sourceFraming = decode ? (Framing<Object>) sourceFraming : null;
        this.decoder = decode ? this.framing.decoder() : null;
        this.bytesOut = bytesOut;
        this.events = framing instanceof SseFraming;
        this.stages = new Stage[transforms.size()];
        for (int i = 0; i < stages.length; i++) {
            stages[i] = new Stage(i, (BodyTransform<Object>) transforms.get(i));
        }
    }

    @Override
    public Future<@Nullable Object> next() {
        if (waiting != null || running) {
            throw new IllegalStateException("next(): called again (expected: after the last future completed)");
        }
        Object next = over ? null : advance();
        if (next != null) {
            return Future.succeededFuture(next);
        }
        if (over) {
            return Future.succeededFuture();
        }
        Promise<@Nullable Object> promise = Promise.promise();
        waiting = promise;
        return promise.future();
    }

    @Override
    public BodyEnd end() {
        if (!over || end == null) {
            throw new IllegalStateException("body: not at its end (expected: next() gave null)");
        }
        return end;
    }

    @Override
    public void cancel() {
        if (over || cancelled) {
            return;
        }
        cancelled = true;
        cancelSource();
        // giving up the source may have run all this already
        if (!running && !over) {
            finishCancel();
            resume();
        }
    }

    private void finishCancel() {
        BodyEnd givenUp = BodyEnd.truncated(cancelledFailure("body: given up by its reader"));
        over = true;
        end = givenUp;
        items.clear();
        pieces.clear();
        untouched = null;
        arrival = null;
        for (Stage stage : stages) {
            stage.close(givenUp);
        }
    }

    /** Goes on after a callback, if somebody waits. */
    private void resume() {
        Promise<@Nullable Object> promise = waiting;
        if (promise == null || running) {
            return;
        }
        Object next = over ? null : advance();
        if (next != null || over) {
            waiting = null;
            promise.complete(next);
        }
    }

    /** The next thing to give out; null at the end, which {@link #over} tells, or when there is something to wait for. */
    private @Nullable Object advance() {
        running = true;
        try {
            while (true) {
                if (cancelled) {
                    finishCancel();
                    return null;
                }
                Object next = items.poll();
                if (next != null) {
                    return next;
                }
                boolean free = settle();
                if (cancelled) {
                    continue;
                }
                next = bytesOut ? joined() : items.poll();
                if (next != null) {
                    return next;
                }
                if (end != null) {
                    over = true;
                    return null;
                }
                if (free && arrived) {
                    take();
                    continue;
                }
                if (free && !asked) {
                    ask();
                    if (arrived) {
                        continue;
                    }
                }
                if (!dueTicks()) {
                    return null;
                }
            }
        } finally {
            running = false;
        }
    }

    private void ask() {
        if (sourceOver) {
            throw new IllegalStateException("body: asked for items after its end");
        }
        Future<?> next;
        try {
            next = source.next();
        } catch (Throwable thrown) {
            arrived = true;
            sourceFault = BodyEnd.truncated(BodyCodeException.report(source, "next", thrown));
            return;
        }
        if (next.isComplete()) {
            arrive(next);
        } else {
            asked = true;
            next.onComplete(this::arriveLater);
        }
    }

    private void arriveLater(AsyncResult<?> result) {
        asked = false;
        if (!over && !sourceOver) {
            arrive(result);
            resume();
        }
    }

    private void arrive(AsyncResult<?> result) {
        arrived = true;
        if (result.succeeded()) {
            arrival = result.result();
        } else {
            sourceFault = BodyEnd.truncated(failure(source, "next", result.cause()));
        }
    }

    private void take() {
        arrived = false;
        Object item = arrival;
        arrival = null;
        if (item == null) {
            takeEnd();
        } else if (decoder == null) {
            accept(0, item);
        } else {
            feed(decoder, item);
        }
    }

    private void feed(Framing.Decoder<Object> decoder, Object item) {
        Framing<Object> outer = Objects.requireNonNull(sourceFraming, "sourceFraming");
        Object culprit = outer;
        String phase = "encode";
        try {
            Buffer bytes = outer.encode(item);
            boolean fresh = fed == framed;
            fed += bytes.length();
            untouched = bytesOut && fresh ? bytes : null;
            current = null;
            culprit = decoder;
            phase = "feed";
            feeding = true;
            decoder.feed(bytes, decoded);
        } catch (Throwable thrown) {
            untouched = null;
            cancelSource();
            endOfItems(BodyEnd.truncated(failure(culprit, phase, thrown)));
        } finally {
            feeding = false;
        }
        if (untouched != null && (fed != framed || current == null || !currentEmitted)) {
            untouched = null;
        }
        current = null;
    }

    private void decoded(Object item) {
        framed += events ? ((SseEvent) item).length() : framing.encode(item).length();
        if (feeding && current != null && !currentEmitted) {
            untouched = null;
        }
        current = item;
        currentEmitted = false;
        accept(0, item);
    }

    private void takeEnd() {
        BodyEnd ended = sourceFault;
        if (ended == null) {
            try {
                ended = Objects.requireNonNull(source.end(), "end");
            } catch (Throwable thrown) {
                ended = BodyEnd.truncated(failure(source, "end", thrown));
            }
        }
        if (decoder != null) {
            try {
                decoder.end(decoded);
            } catch (Throwable thrown) {
                Failure failure = failure(decoder, "end", thrown);
                ended = ended.complete() ? BodyEnd.truncated(failure) : ended;
            }
        }
        endOfItems(ended);
    }

    private void endOfItems(BodyEnd ended) {
        sourceOver = true;
        passEnd(0, ended);
    }

    /** Tells a transform, or the reader behind the last one, that no more items come. */
    private void passEnd(int index, BodyEnd ended) {
        if (index <= cut) {
            return;
        }
        if (index < stages.length) {
            stages[index].incoming = ended;
        } else if (end == null) {
            end = ended;
        }
    }

    /** Hands an item to a transform, or to the reader behind the last one. */
    private void accept(int index, Object item) {
        if (index <= cut || end != null) {
            return;
        }
        if (index == stages.length) {
            give(item);
            return;
        }
        Stage stage = stages[index];
        if (stage.busy()) {
            stage.queue(item);
        } else {
            stage.item(item);
        }
    }

    private void give(Object item) {
        if (!bytesOut) {
            items.add(item);
            return;
        }
        if (feeding && item == current && !currentEmitted) {
            currentEmitted = true;
        } else {
            untouched = null;
        }
        if (events) {
            pieces.add(item);
            return;
        }
        Buffer bytes;
        try {
            bytes = framing.encode(item);
        } catch (Throwable thrown) {
            cutAt(stages.length, BodyEnd.truncated(failure(framing, "encode", thrown)));
            return;
        }
        if (bytes.length() > 0) {
            pieces.add(bytes);
        }
    }

    /** What came of one piece of the source, as one buffer, or as a few of which this is the first. */
    private @Nullable Object joined() {
        Buffer whole = untouched;
        untouched = null;
        int count = pieces.size();
        if (count == 0) {
            return null;
        }
        if (whole == null) {
            if (events) {
                mergeNeighbours();
                count = pieces.size();
            }
            long length = 0;
            for (int i = 0; i < count; i++) {
                length += length(pieces.get(i));
            }
            if (count > MAX_APART || length < MIN_APART) {
                whole = copied((int) length);
            } else {
                for (int i = 1; i < count; i++) {
                    items.add(bytes(pieces.get(i)));
                }
                whole = bytes(pieces.get(0));
            }
        }
        pieces.clear();
        return whole;
    }

    /** Events that lie side by side in one buffer leave as one, so that dropping or adding one copies no other. */
    private void mergeNeighbours() {
        int count = pieces.size();
        int runs = 0;
        for (int i = 0; i < count; runs++) {
            SseEvent first = (SseEvent) pieces.get(i);
            SseEvent last = first;
            while (++i < count && ((SseEvent) pieces.get(i)).follows(last)) {
                last = (SseEvent) pieces.get(i);
            }
            pieces.set(runs, last == first ? first : first.upTo(last));
        }
        pieces.subList(runs, count).clear();
    }

    private Buffer copied(int length) {
        int count = pieces.size();
        if (count == 1) {
            return bytes(pieces.get(0));
        }
        Buffer copied = Buffer.buffer(length);
        for (int i = 0; i < count; i++) {
            copied.appendBuffer(bytes(pieces.get(i)));
        }
        return copied;
    }

    private static int length(Object piece) {
        return piece instanceof SseEvent event ? event.length() : ((Buffer) piece).length();
    }

    private static Buffer bytes(Object piece) {
        return piece instanceof SseEvent event ? event.raw() : (Buffer) piece;
    }

    /**
     * Lets the transforms do all they can without another item, the outermost first, so that what waits is little.
     *
     * @return false when one of them holds
     */
    private boolean settle() {
        while (!cancelled) {
            if (cutPending) {
                carryOutCut();
            }
            boolean idle = true;
            for (int i = stages.length - 1; i >= 0 && idle; i--) {
                Stage stage = stages[i];
                if (stage.closed) {
                    break;
                }
                if (stage.holds > 0) {
                    return false;
                }
                idle = !stage.step();
            }
            if (idle && !cutPending) {
                return true;
            }
        }
        return false;
    }

    /** Runs ticks whose time has come; only while somebody waits for items and none is there. */
    private boolean dueTicks() {
        boolean ticked = false;
        for (int i = stages.length - 1; i >= 0; i--) {
            Stage stage = stages[i];
            if (stage.closed || stage.holds > 0) {
                break;
            }
            if (stage.due) {
                stage.tick();
                ticked = true;
            }
        }
        return ticked;
    }

    /** Ends the body at a transform: what it has passed on stays, everything further in is given up. */
    private void cutAt(int index, BodyEnd ended) {
        if (index > cut) {
            cut = index;
            cutEnd = ended;
            cutPending = true;
        }
    }

    private void carryOutCut() {
        cutPending = false;
        cancelSource();
        BodyEnd ended = Objects.requireNonNull(cutEnd, "cutEnd");
        BodyEnd inner = BodyEnd.truncated(cancelledFailure("body: cut off further out"));
        int at = cut;
        for (int i = 0; i < at; i++) {
            stages[i].close(inner);
        }
        if (at < stages.length) {
            stages[at].close(ended);
        }
        if (at >= stages.length) {
            end = ended;
        } else if (at == cut) {
            passEnd(at + 1, ended);
        }
    }

    private void cancelSource() {
        sourceOver = true;
        arrived = false;
        arrival = null;
        try {
            source.cancel();
        } catch (Throwable thrown) {
            BodyCodeException.report(source, "cancel", thrown);
        }
    }

    private BodyRuntime.Loop loop() {
        BodyRuntime.Loop own = loop;
        if (own == null) {
            own = InstalledRuntime.current.loop();
            loop = own;
        }
        return own;
    }

    /** A body that breaks off says why; everything else that is thrown is a fault of whose code it is. */
    private static Failure failure(Object culprit, String phase, Throwable thrown) {
        return thrown instanceof BodyException broken
                ? broken.failure()
                : BodyCodeException.report(culprit, phase, thrown);
    }

    private static Failure cancelledFailure(String message) {
        return Failure.of(FailureKind.CANCELLED, message);
    }

    /** One transform at its place in the row. */
    private final class Stage implements Out<Object> {
        private final int index;
        private final BodyTransform<Object> transform;
        private @Nullable ArrayDeque<Object> queue;
        private boolean inCall;
        private boolean inTick;
        private int holds;

        /** A tick asked for without delay, and a tick whose time without items has passed. */
        private boolean tickNow;

        private boolean due;
        private @Nullable Runnable timer;
        private long wakeAfter;
        private long wakeAt;

        private @Nullable BodyEnd incoming;
        private @Nullable BodyEnd outgoing;
        private boolean closed;

        Stage(int index, BodyTransform<Object> transform) {
            this.index = index;
            this.transform = transform;
        }

        boolean busy() {
            return holds > 0 || inCall || tickNow || (queue != null && !queue.isEmpty());
        }

        void queue(Object item) {
            untouched = null;
            if (queue == null) {
                queue = new ArrayDeque<>();
            }
            queue.add(item);
        }

        /** Does one thing, if there is one to do. */
        boolean step() {
            if (outgoing != null) {
                BodyEnd ended = outgoing;
                close(ended);
                passEnd(index + 1, Objects.requireNonNull(outgoing, "outgoing"));
                return true;
            }
            if (tickNow) {
                tickNow = false;
                tick();
                return true;
            }
            Object item = queue == null ? null : queue.poll();
            if (item != null) {
                item(item);
                return true;
            }
            if (incoming != null) {
                end(incoming);
                return true;
            }
            return false;
        }

        void item(Object item) {
            if (timer != null) {
                wakeAt = loop().nanoTime() + wakeAfter;
            }
            due = false;
            inCall = true;
            try {
                transform.item(item, this);
            } catch (Throwable thrown) {
                broken("item", thrown);
            } finally {
                inCall = false;
            }
        }

        void tick() {
            due = false;
            inCall = true;
            inTick = true;
            try {
                transform.tick(this);
            } catch (Throwable thrown) {
                broken("tick", thrown);
            } finally {
                inCall = false;
                inTick = false;
            }
        }

        private void end(BodyEnd ended) {
            stopTimer();
            inCall = true;
            BodyEnd returned = ended;
            try {
                returned = Objects.requireNonNull(transform.end(ended, this), "end() gave null");
            } catch (Throwable thrown) {
                broken("end", thrown);
            } finally {
                inCall = false;
            }
            if (cut < index) {
                outgoing = ended.complete() ? returned : ended;
            }
        }

        /** Says goodbye to the transform, once; with its own end, when it has seen one. */
        void close(BodyEnd ended) {
            if (closed) {
                return;
            }
            closed = true;
            queue = null;
            tickNow = false;
            stopTimer();
            BodyEnd last = outgoing != null ? outgoing : ended;
            try {
                transform.closed(last);
            } catch (Throwable thrown) {
                Failure failure = BodyCodeException.report(transform, "closed", thrown);
                if (last.complete()) {
                    last = BodyEnd.truncated(failure);
                }
            }
            outgoing = last;
        }

        private void broken(String phase, Throwable thrown) {
            cutHere(BodyCodeException.report(transform, phase, thrown));
        }

        private void cutHere(Failure failure) {
            BodyEnd original = incoming;
            cutAt(index, original != null && !original.complete() ? original : BodyEnd.truncated(failure));
        }

        private void stopTimer() {
            due = false;
            Runnable running = timer;
            if (running != null) {
                timer = null;
                running.run();
            }
        }

        private void checkInCall() {
            if (!inCall) {
                throw new IllegalStateException("out: used later (expected: within the call it was given to)");
            }
        }

        @Override
        public void emit(Object item) {
            Objects.requireNonNull(item, "item");
            checkInCall();
            if (cut < index && !cancelled) {
                accept(index + 1, item);
            }
        }

        @Override
        public void hold(Future<?> until) {
            checkInCall();
            if (!until.isComplete()) {
                holds++;
                BodyRuntime.Loop own = loop();
                until.onComplete(result -> own.execute(this::release));
            }
        }

        private void release() {
            holds--;
            resume();
        }

        @Override
        public void wake(Duration after) {
            checkInCall();
            stopTimer();
            boolean atOnce = after.isZero() || after.isNegative();
            // a tick that asks for the next one without delay must not keep the event loop to itself
            if (atOnce && !inTick) {
                tickNow = true;
                return;
            }
            tickNow = false;
            Duration wanted = atOnce ? SHORTEST : after;
            wakeAfter = wanted.toNanos();
            wakeAt = loop().nanoTime() + wakeAfter;
            timer = loop().schedule(wanted, this::wakened);
        }

        private void wakened() {
            timer = null;
            if (closed || incoming != null) {
                return;
            }
            long early = wakeAt - loop().nanoTime();
            if (early > 0) {
                timer = loop().schedule(Duration.ofNanos(early), this::wakened);
            } else {
                due = true;
                resume();
            }
        }

        @Override
        public void stop(Failure reason) {
            Objects.requireNonNull(reason, "reason");
            checkInCall();
            cutHere(reason);
        }
    }
}
