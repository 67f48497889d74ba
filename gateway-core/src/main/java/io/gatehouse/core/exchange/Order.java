package io.gatehouse.core.exchange;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts plugins where their {@code ordering} wants them: the plugin that has one moves just before the first, or just after
 * the last, of those it names; all others keep their places. Names that are not in the chain say nothing.
 */
public final class Order {
    private final Map<String, Chain.Place> byName = new LinkedHashMap<>();
    /** By name: what must come before it, since it says so. */
    private final Map<String, Set<String>> wanted = new HashMap<>();

    /** By name: what must come before it, since that says so. */
    private final Map<String, Set<String>> pulling = new HashMap<>();

    /** What waits, though its own turn has passed. */
    private final Set<String> deferred = new LinkedHashSet<>();

    /** The inner links of plugins whose outer one waits. */
    private final Map<String, Chain.Place> held = new HashMap<>();

    private final Set<String> begun = new HashSet<>();
    private final Set<String> done = new HashSet<>();
    private final List<Chain.Place> ordered = new ArrayList<>();

    private Order() {}

    /**
     * Looks for a circle.
     *
     * @param orderings by plugin name: what each plugin of a chain wants
     * @return the names of the circle, the first one again at its end; null when there is none
     */
    public static @Nullable List<String> circle(Map<String, PluginSlot.Ordering> orderings) {
        Map<String, Set<String>> earlier = new HashMap<>();
        orderings.forEach((name, ordering) -> {
            for (String other : ordering.after()) {
                add(earlier, name, other, orderings.keySet());
            }
            for (String other : ordering.before()) {
                add(earlier, other, name, orderings.keySet());
            }
        });
        Set<String> clean = new HashSet<>();
        for (String name : orderings.keySet().stream().sorted().toList()) {
            List<String> found = circle(name, earlier, new LinkedHashSet<>(), clean);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static void add(Map<String, Set<String>> to, String name, String other, Set<String> present) {
        if (present.contains(name) && present.contains(other)) {
            to.computeIfAbsent(name, n -> new LinkedHashSet<>()).add(other);
        }
    }

    private static @Nullable List<String> circle(
            String name, Map<String, Set<String>> earlier, Set<String> path, Set<String> clean) {
        if (clean.contains(name)) {
            return null;
        }
        if (!path.add(name)) {
            List<String> all = new ArrayList<>(path);
            List<String> circle = new ArrayList<>(all.subList(all.indexOf(name), all.size()));
            circle.add(name);
            return circle;
        }
        for (String other : earlier.getOrDefault(name, Set.of())) {
            List<String> found = circle(other, earlier, path, clean);
            if (found != null) {
                return found;
            }
        }
        path.remove(name);
        clean.add(name);
        return null;
    }

    /** The places, outermost first, with every wish fulfilled; given in the order of their priorities, and free of circles. */
    static List<Chain.Place> of(List<Chain.Place> places, PluginSlot[] slots) {
        boolean none = true;
        for (PluginSlot slot : slots) {
            none &= slot.ordering().isNone();
        }
        if (none) {
            return places;
        }
        return new Order().ordered(places, slots);
    }

    private List<Chain.Place> ordered(List<Chain.Place> places, PluginSlot[] slots) {
        for (Chain.Place place : places) {
            if (place.outermost()) {
                byName.put(place.name(), place);
            }
        }
        for (Chain.Place place : byName.values()) {
            PluginSlot.Ordering ordering = slots[place.slot()].ordering();
            for (String other : ordering.before()) {
                add(pulling, other, place.name(), byName.keySet());
            }
            for (String other : ordering.after()) {
                add(wanted, place.name(), other, byName.keySet());
            }
        }
        for (Chain.Place place : places) {
            if (!place.outermost()) {
                if (done.contains(place.name())) {
                    ordered.add(place);
                } else {
                    held.put(place.name(), place);
                }
            } else if (waits(place.name())) {
                deferred.add(place.name());
            } else {
                emit(place);
                release();
            }
        }
        return ordered;
    }

    /** Emits what no longer waits, in the order in which it began to. */
    private void release() {
        for (boolean released = true; released; ) {
            released = false;
            for (String name : List.copyOf(deferred)) {
                if (!waits(name)) {
                    deferred.remove(name);
                    emitAll(Set.of(name));
                    released = true;
                }
            }
        }
    }

    private boolean waits(String name) {
        return !done.containsAll(wanted.getOrDefault(name, Set.of()));
    }

    private void emit(Chain.Place place) {
        if (!begun.add(place.name())) {
            return;
        }
        emitAll(wanted.getOrDefault(place.name(), Set.of()));
        emitAll(pulling.getOrDefault(place.name(), Set.of()));
        ordered.add(place);
        done.add(place.name());
        Chain.Place inner = held.remove(place.name());
        if (inner != null) {
            ordered.add(inner);
        }
    }

    private void emitAll(Set<String> names) {
        for (String name : names) {
            Chain.Place place = byName.get(name);
            if (place != null) {
                emit(place);
            }
        }
    }
}
