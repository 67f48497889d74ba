package io.gatehouse.core.plan;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.snapshot.Advice;
import io.gatehouse.core.snapshot.Examination;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What changes when one configuration takes the place of another. Immutable; never holds a secret. */
public final class ChangePlan {
    /** Two configurations that are the same and empty. */
    public static final ChangePlan NONE =
            new ChangePlan(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), 0, 0);

    private final List<Change> changes;
    private final List<Note> unreached;
    private final List<Note> reachedAgain;
    private final List<Note> idle;
    private final List<Note> lost;
    private final List<String> warnings;
    private final long seriesBefore;
    private final long seriesAfter;

    private ChangePlan(
            List<Change> changes,
            List<Note> unreached,
            List<Note> reachedAgain,
            List<Note> idle,
            List<Note> lost,
            List<String> warnings,
            long seriesBefore,
            long seriesAfter) {
        this.changes = List.copyOf(changes);
        this.unreached = List.copyOf(unreached);
        this.reachedAgain = List.copyOf(reachedAgain);
        this.idle = List.copyOf(idle);
        this.lost = List.copyOf(lost);
        this.warnings = List.copyOf(warnings);
        this.seriesBefore = seriesBefore;
        this.seriesAfter = seriesAfter;
    }

    /** What happens to an entity, in decK's words. */
    public enum Action {
        /** It was not there. */
        CREATING("creating"),
        /** It says something else. */
        UPDATING("updating"),
        /** It is there no more. */
        DELETING("deleting");

        private final String word;

        Action(String word) {
            this.word = word;
        }

        /** For people and programs. */
        public String word() {
            return word;
        }
    }

    /**
     * An entity that changes.
     *
     * @param kind such as {@code service}
     * @param name what users call it, with what it belongs to
     * @param fields what it says otherwise; empty unless it is updated
     */
    public record Change(Action action, String kind, String name, List<FieldChange> fields) {
        /** Copies the fields. */
        public Change {
            fields = List.copyOf(fields);
        }
    }

    /**
     * A field that changes.
     *
     * @param before {@code none} when it had no value, {@code ***} for a secret
     * @param after {@code none} when it has no value, {@code ***} for a secret
     */
    public record FieldChange(String field, String before, String after) {}

    /**
     * Something about a route or plugin.
     *
     * @param name what users call it
     * @param text what there is to say; may be empty
     */
    public record Note(String name, String text) {}

    /**
     * Compares two configurations without errors.
     *
     * @throws IllegalArgumentException when one of them has errors
     */
    public static ChangePlan of(Examination before, Examination after) {
        if (!before.ok() || !after.ok()) {
            throw new IllegalArgumentException("a configuration that would be refused cannot be planned with");
        }
        List<Note> unreached = new ArrayList<>();
        for (Advice.Unreached one : after.advice().unreached()) {
            if (isNews(one.route(), before)) {
                unreached.add(new Note(one.route().name(), "what it takes goes to " + String.join(", ", one.by())));
            }
        }
        List<Note> again = new ArrayList<>();
        Set<String> live = after.advice().liveRoutes();
        for (Advice.Unreached one : before.advice().unreached()) {
            if (live.contains(one.route().id())) {
                again.add(new Note(one.route().name(), ""));
            }
        }
        List<Note> idle = new ArrayList<>();
        for (Advice.Idle one : after.advice().idle()) {
            idle.add(new Note(EntityFields.label(one.plugin(), after.config()), one.reason()));
        }
        List<String> warnings = new ArrayList<>();
        for (Problem problem : after.problems()) {
            if (!after.advice().warnings().contains(problem)) {
                warnings.add(problem.toString());
            }
        }
        return new ChangePlan(
                changes(before, after),
                unreached,
                again,
                idle,
                lost(before, after),
                warnings,
                SeriesEstimate.of(before),
                SeriesEstimate.of(after));
    }

    private static boolean isNews(Entity route, Examination before) {
        return before.advice().unreached().stream()
                .noneMatch(one -> one.route().id().equals(route.id()));
    }

    private static List<Change> changes(Examination before, Examination after) {
        List<Change> created = new ArrayList<>();
        List<Change> updated = new ArrayList<>();
        List<Change> deleted = new ArrayList<>();
        for (EntityKind kind : EntityKind.values()) {
            String words = EntityFields.words(kind);
            Map<String, Entity> byId = new LinkedHashMap<>();
            Map<String, Entity> byLabel = new HashMap<>();
            for (Entity entity : before.config().all(kind)) {
                byId.put(entity.id(), entity);
                byLabel.put(EntityFields.label(entity, before.config()), entity);
            }
            List<Entity> others = new ArrayList<>();
            for (Entity entity : after.config().all(kind)) {
                Entity old = byId.remove(entity.id());
                if (old == null) {
                    others.add(entity);
                } else {
                    update(updated, words, old, entity, before, after);
                }
            }
            for (Entity entity : others) {
                String label = EntityFields.label(entity, after.config());
                Entity old = byLabel.get(label);
                if (old != null && byId.remove(old.id()) != null) {
                    update(updated, words, old, entity, before, after);
                } else {
                    created.add(new Change(Action.CREATING, words, label, List.of()));
                }
            }
            for (Entity entity : byId.values()) {
                String label = EntityFields.label(entity, before.config());
                deleted.add(new Change(Action.DELETING, words, label, List.of()));
            }
        }
        List<Change> all = new ArrayList<>(created);
        all.addAll(updated);
        all.addAll(deleted);
        return all;
    }

    private static void update(
            List<Change> updated, String kind, Entity old, Entity now, Examination before, Examination after) {
        Map<String, EntityFields.Value> left = EntityFields.of(old, before);
        Map<String, EntityFields.Value> right = EntityFields.of(now, after);
        Set<String> paths = new TreeSet<>(left.keySet());
        paths.addAll(right.keySet());
        List<FieldChange> fields = new ArrayList<>();
        for (String path : paths) {
            if (!key(left, path).equals(key(right, path))) {
                fields.add(new FieldChange(path, EntityFields.shown(left, path), EntityFields.shown(right, path)));
            }
        }
        if (!fields.isEmpty()) {
            updated.add(new Change(Action.UPDATING, kind, EntityFields.label(now, after.config()), fields));
        }
    }

    private static String key(Map<String, EntityFields.Value> fields, String path) {
        EntityFields.Value value = fields.get(path);
        return value == null ? "" : '=' + value.key();
    }

    /** As the snapshot builder decides: an instance stays when its record is equal and its place is the same. */
    private static List<Note> lost(Examination before, Examination after) {
        Map<String, Record> old = before.pluginConfigs();
        Map<String, Record> now = after.pluginConfigs();
        List<Note> lost = new ArrayList<>();
        for (Entity entity : before.config().all(EntityKind.PLUGIN)) {
            Record config = old.get(entity.id());
            if (config == null) {
                continue; // it was disabled
            }
            Record changed = now.get(entity.id());
            Entity same = after.config().find(EntityKind.PLUGIN, entity.id());
            String reason = null;
            if (changed == null) {
                reason = same == null ? "it goes away" : "it is switched off";
            } else if (!config.equals(changed)) {
                reason = "its config changes, so it is made anew";
            } else if (same != null && !scope(entity).equals(scope(same))) {
                reason = "its scope changes, so it is made anew";
            }
            if (reason != null) {
                lost.add(new Note(EntityFields.label(entity, before.config()), reason));
            }
        }
        return lost;
    }

    private static List<String> scope(Entity entity) {
        PluginEntity plugin = (PluginEntity) entity.value();
        List<String> scope = new ArrayList<>();
        for (String id : new @Nullable String[] {
            plugin.name(), plugin.serviceId(), plugin.routeId(), plugin.consumerId(), plugin.consumerGroupId()
        }) {
            scope.add(Objects.requireNonNullElse(id, ""));
        }
        return scope;
    }

    /** Whether an entity changes. */
    public boolean hasChanges() {
        return !changes.isEmpty();
    }

    /** All entities that change: created, updated, deleted ones. */
    public List<Change> changes() {
        return changes;
    }

    private long count(Action action) {
        return changes.stream().filter(change -> change.action() == action).count();
    }

    /** The plan for people. */
    public String text() {
        StringBuilder out = new StringBuilder();
        for (Change change : changes) {
            out.append(change.action().word()).append(' ').append(change.kind());
            out.append(' ').append(change.name()).append('\n');
            for (FieldChange field : change.fields()) {
                out.append("  ").append(field.field()).append(": ").append(field.before());
                out.append(" -> ").append(field.after()).append('\n');
            }
        }
        out.append("Summary:\n");
        out.append("  Created: ").append(count(Action.CREATING)).append('\n');
        out.append("  Updated: ").append(count(Action.UPDATING)).append('\n');
        out.append("  Deleted: ").append(count(Action.DELETING)).append('\n');
        section(out, "Routes that no request reaches any more", unreached);
        section(out, "Routes that requests reach again", reachedAgain);
        section(out, "Plugins that never run", idle);
        section(out, "Plugins whose state is lost", lost);
        section(
                out,
                "Warnings",
                warnings.stream().map(line -> new Note(line, "")).toList());
        if (seriesBefore > 0 || seriesAfter > 0) {
            out.append("Metric series of the prometheus plugin, estimated: ");
            out.append(seriesBefore).append(" before, ").append(seriesAfter).append(" after\n");
        }
        return out.toString();
    }

    private static void section(StringBuilder out, String title, List<Note> notes) {
        if (!notes.isEmpty()) {
            out.append(title).append(":\n");
            for (Note note : notes) {
                out.append("  ").append(note.name());
                out.append(note.text().isEmpty() ? "" : ": ")
                        .append(note.text())
                        .append('\n');
            }
        }
    }

    /** The plan for programs, as JDK maps and lists. The names of {@code changes} and {@code summary} are decK's. */
    public Map<String, Object> data() {
        Map<String, Object> byAction = new LinkedHashMap<>();
        Map<String, Object> summary = new LinkedHashMap<>();
        for (Action action : Action.values()) {
            List<Object> some = new ArrayList<>();
            for (Change change : changes) {
                if (change.action() == action) {
                    some.add(data(change));
                }
            }
            byAction.put(action.word(), some);
            summary.put(action.word(), some.size());
        }
        summary.put("total", changes.size());
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("changes", byAction);
        data.put("summary", summary);
        data.put("routes_unreached", data(unreached, "route", "reason"));
        data.put("routes_reached_again", data(reachedAgain, "route", ""));
        data.put("plugins_that_never_run", data(idle, "plugin", "reason"));
        data.put("state_lost", data(lost, "plugin", "reason"));
        data.put("warnings", warnings);
        data.put("metric_series", Map.of("before", seriesBefore, "after", seriesAfter));
        return data;
    }

    private static Map<String, Object> data(Change change) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("kind", change.kind());
        data.put("name", change.name());
        if (!change.fields().isEmpty()) {
            List<Object> fields = new ArrayList<>();
            for (FieldChange field : change.fields()) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("field", field.field());
                one.put("before", field.before());
                one.put("after", field.after());
                fields.add(one);
            }
            data.put("fields", fields);
        }
        return data;
    }

    private static List<Object> data(List<Note> notes, String name, String text) {
        List<Object> data = new ArrayList<>();
        for (Note note : notes) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put(name, note.name());
            if (!text.isEmpty()) {
                one.put(text, note.text());
            }
            data.add(one);
        }
        return data;
    }
}
