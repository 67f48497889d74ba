package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.KeyauthCredential;
import io.gatehouse.core.entity.LoadResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Changes what is live, edit by edit, on the thread that loads files: each is made of what the one before it left, checked
 * against the whole, kept, and live when its future completes. Edits that wait are made live together, so that many writers
 * cost little more than one; one that is refused does not touch the others.
 *
 * <p>Any thread may call; futures complete on the thread that loads.
 */
public final class ConfigStore {
    private static final String MADE = "created_at";

    /** Edits that go live together. */
    private static final int TOGETHER = 256;

    /**
     * How many times as long as a change took the thread rests before the next one while requests are served, so that many
     * edits in a row leave the processors, and the collector, to these. What is asked for meanwhile goes live together.
     */
    private static final int REST = 10;

    private static final long LONGEST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(60);

    private final Reloader reloader;
    private final ExecutorService thread;
    private final BooleanSupplier serving;
    private final ConcurrentLinkedQueue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /** Thread that loads. */
    private long restsUntil = System.nanoTime();

    /**
     * Edits what a reloader has live.
     *
     * @param thread that of the reloader
     * @param serving whether requests are served, which many edits in a row are not to hold up; thread of the reloader
     */
    public ConfigStore(Reloader reloader, ExecutorService thread, BooleanSupplier serving) {
        this.reloader = reloader;
        this.thread = thread;
        this.serving = serving;
    }

    /** What one request wants changed. */
    @FunctionalInterface
    public interface Change {
        /**
         * The edits, from what holds before them; none changes nothing. May be asked more than once.
         *
         * @throws Exception refuses the request
         */
        List<EntityEdit> of(DeclarativeConfig config) throws Exception;
    }

    /** The edits of a request were refused. */
    public static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        private final transient List<Problem> problems;

        RefusedException(List<Problem> problems) {
            super("refused", null, false, false);
            this.problems = problems.stream()
                    .filter(problem -> Reloader.hasErrors(List.of(problem)))
                    .toList();
        }

        /** Every error. */
        public List<Problem> problems() {
            return problems;
        }
    }

    /** The edits of a request are good and could not be kept. */
    public static final class NotKeptException extends Exception {
        private static final long serialVersionUID = 1;

        NotKeptException(IOException cause) {
            super(cause);
        }
    }

    /**
     * A request.
     *
     * @param whole whether it says what all entities are, so that it cannot be mixed with others
     */
    private record Waiting(Change change, boolean whole, Promise<Snapshot> promise) {}

    /** Asks for a change; completes with the snapshot that it is live in. */
    public Future<Snapshot> edit(Change change) {
        return edit(change, false);
    }

    private Future<Snapshot> edit(Change change, boolean whole) {
        Promise<Snapshot> promise = Promise.promise();
        queue.add(new Waiting(change, whole, promise));
        schedule();
        return promise.future();
    }

    /**
     * An entity of a whole configuration, with the time from which its ttl counts: that of the one before if it had the same
     * ttl, so that sending the same again makes nothing younger, else now.
     */
    private static ConfigNode.Mapping dated(Entity entity, @Nullable Entity before, DeclarativeConfig config) {
        ConfigNode.Mapping node = entity.node();
        if (!(entity.value() instanceof KeyauthCredential key) || key.ttl() == null || node.get(MADE) != null) {
            return node;
        }
        long now = Instant.now().getEpochSecond();
        Long made = before == null ? (Long) now : before.time(MADE);
        long since = before != null
                        && before.value() instanceof KeyauthCredential old
                        && key.ttl().equals(old.ttl())
                ? config.ttlSince(before)
                : now;
        ConfigNode.Mapping dated =
                node.with(Entity.TTL_SAID, ConfigNode.number(node.location(), Entity.TTL_SAID, since));
        return made == null ? dated : dated.with(MADE, ConfigNode.number(node.location(), MADE, made));
    }

    /**
     * Puts a whole configuration in the place of what is live, as one change: what says the same is not touched.
     *
     * @param text in any form that files may have; variables of the environment are not put in
     */
    public Future<Snapshot> replace(String text) {
        return edit(
                before -> {
                    LoadResult read = reloader.read(text);
                    if (!read.ok()) {
                        throw new RefusedException(read.problems());
                    }
                    List<EntityEdit> edits = new ArrayList<>();
                    for (EntityKind kind : EntityKind.values()) {
                        for (Entity entity : read.config().all(kind)) {
                            Entity found = before.find(kind, entity.id());
                            Entity old = found != null && found.id().equals(entity.id()) ? found : null;
                            ConfigNode.Mapping node = dated(entity, old, before);
                            if (old == null || !old.node().equals(node)) {
                                edits.add(new EntityEdit(kind, entity.id(), node));
                            }
                        }
                        for (Entity gone : before.all(kind)) {
                            Entity entity = read.config().find(kind, gone.id());
                            if (entity == null || !entity.id().equals(gone.id())) {
                                edits.add(new EntityEdit(kind, gone.id(), null));
                            }
                        }
                    }
                    return edits;
                },
                true);
    }

    /** What is wrong with an edit, without making it; completes on the thread that loads. */
    public Future<List<Problem>> check(EntityEdit edit) {
        Promise<List<Problem>> promise = Promise.promise();
        try {
            thread.execute(() -> {
                try {
                    Examination now = reloader.examined();
                    promise.complete(
                            now == null
                                    ? List.of()
                                    : new RefusedException(reloader.examine(now, List.of(edit))
                                                    .errors())
                                            .problems());
                } catch (RuntimeException e) {
                    promise.fail(e);
                }
            });
        } catch (RejectedExecutionException stopped) {
            promise.fail(stopped);
        }
        return promise.future();
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            try {
                thread.execute(this::run);
            } catch (RejectedExecutionException stopped) {
                for (Waiting one = queue.poll(); one != null; one = queue.poll()) {
                    one.promise.fail(stopped);
                }
            }
        }
    }

    private void run() {
        rest();
        scheduled.set(false);
        long begin = System.nanoTime();
        List<Waiting> waiting = new ArrayList<>();
        for (Waiting one = queue.poll(); one != null; one = queue.poll()) {
            waiting.add(one);
            if (waiting.size() == TOGETHER) {
                break;
            }
        }
        try {
            together(waiting);
        } catch (RuntimeException e) {
            waiting.forEach(one -> one.promise.tryFail(e));
        }
        long end = System.nanoTime();
        restsUntil = serving.getAsBoolean() ? end + Math.min(REST * (end - begin), LONGEST_REST_NANOS) : end;
        if (!queue.isEmpty()) {
            schedule();
        }
    }

    private void rest() {
        for (long left = restsUntil - System.nanoTime(); left > 0; left = restsUntil - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }

    private void together(List<Waiting> waiting) {
        Examination now = reloader.examined();
        Snapshot live = reloader.current();
        if (now == null || live == null) {
            waiting.forEach(one -> one.promise.fail(new IllegalStateException("no configuration is live")));
            return;
        }
        if (waiting.size() > 1 && atOnce(now, live, waiting)) {
            return;
        }
        List<Waiting> good = new ArrayList<>();
        Map<String, EntityEdit> all = new LinkedHashMap<>();
        for (Waiting one : waiting) {
            try {
                List<EntityEdit> edits = one.change.of(now.config());
                if (!edits.isEmpty()) {
                    Examination next = reloader.examine(now, edits);
                    if (!next.ok()) {
                        throw new RefusedException(next.errors());
                    }
                    now = next;
                    edits.forEach(edit -> {
                        String place = edit.place();
                        all.remove(place); // the last one holds, in the place of its time
                        all.put(place, edit);
                    });
                }
                good.add(one);
            } catch (Exception e) {
                one.promise.fail(e);
            }
        }
        goLive(now, live, all.values(), good);
    }

    /**
     * Looks at the changes of many requests as one, which they are when no two touch the same entity: none of them has
     * been answered, so any order is theirs.
     *
     * @return false when they have to be looked at one by one, since they touch the same or not all of them are good
     */
    private boolean atOnce(Examination now, Snapshot live, List<Waiting> waiting) {
        Map<String, EntityEdit> all = new LinkedHashMap<>();
        for (Waiting one : waiting) {
            if (one.whole) {
                return false;
            }
            List<EntityEdit> edits;
            try {
                edits = one.change.of(now.config());
            } catch (Exception refused) {
                return false; // refused again, and answered, when its turn comes
            }
            for (EntityEdit edit : edits) {
                if (all.putIfAbsent(edit.place(), edit) != null) {
                    return false;
                }
            }
        }
        Examination next = all.isEmpty() ? now : reloader.examine(now, all.values());
        if (!next.ok()) {
            return false;
        }
        goLive(next, live, all.values(), waiting);
        return true;
    }

    private void goLive(Examination now, Snapshot live, Collection<EntityEdit> all, List<Waiting> good) {
        if (all.isEmpty()) {
            good.forEach(one -> one.promise.complete(live));
            return;
        }
        List<Problem> problems = new ArrayList<>();
        try {
            Snapshot next = reloader.edit(now, all, problems::add);
            if (next != null) {
                good.forEach(one -> one.promise.complete(next));
            } else if (good.size() == 1) {
                good.get(0).promise.fail(new RefusedException(problems));
            } else {
                good.forEach(one -> together(List.of(one)));
            }
        } catch (IOException e) {
            good.forEach(one -> one.promise.fail(new NotKeptException(e)));
        }
    }
}
