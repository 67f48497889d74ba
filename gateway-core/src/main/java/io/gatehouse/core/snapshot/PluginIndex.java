package io.gatehouse.core.snapshot;

import io.gatehouse.api.Next;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.exchange.Chain;
import io.gatehouse.core.exchange.PluginInstance;
import io.gatehouse.core.exchange.PluginSlot;
import io.gatehouse.core.exchange.PluginTier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The plugin instances of a snapshot by name and place, and the chains that routes with the same plugins share. Where nothing
 * changed since the snapshot before, its slots and chains are taken over. Used by the thread that builds snapshots only.
 */
final class PluginIndex {
    /** So many chains more than there are routes may be out of use before all are forgotten. */
    private static final int SPARE = 1024;

    /** Where an entity applies, but for consumers and groups. */
    private record Place(@Nullable String route, @Nullable String service) {}

    /** What is configured for one place. */
    private static final class Cell {
        private static final Cell EMPTY = new Cell();

        private SnapshotBuilder.@Nullable Placed anyone;
        private final Map<String, PluginInstance> byConsumer = new HashMap<>();
        private final Map<String, PluginInstance> byGroup = new HashMap<>();
        private @Nullable PluginTier tier;

        PluginTier tier() {
            PluginTier made = tier;
            if (made == null) {
                made = this == EMPTY
                        ? PluginTier.EMPTY
                        : new PluginTier(anyone == null ? null : anyone.plugin().instance(), byConsumer, byGroup);
                tier = made;
            }
            return made;
        }

        /** Whether another one says the same with the same instances. */
        @SuppressWarnings("ReferenceEquality") // what an edit did not touch is the same object
        boolean isSame(Cell other) {
            return (anyone == null
                            ? other.anyone == null
                            : other.anyone != null
                                    && anyone.entity() == other.anyone.entity()
                                    && anyone.plugin() == other.anyone.plugin())
                    && byConsumer.equals(other.byConsumer)
                    && byGroup.equals(other.byGroup);
        }
    }

    /** All instances of one plugin. */
    private static final class Named {
        private final PluginFactory<?> factory;
        private final Map<Place, Cell> cells = new HashMap<>();
        private final Map<List<Cell>, PluginSlot> slots = new HashMap<>();
        private @Nullable Named before;

        Named(PluginFactory<?> factory) {
            this.factory = factory;
        }

        Cell at(@Nullable String route, @Nullable String service) {
            return cells.getOrDefault(new Place(route, service), Cell.EMPTY);
        }

        /** Keeps the cells of the snapshot before that say the same, and tells where others are. */
        void takeOver(Named old, Consumer<Place> touched) {
            cells.replaceAll((place, cell) -> {
                Cell known = old.cells.get(place);
                if (known != null && known.isSame(cell)) {
                    return known;
                }
                touched.accept(place);
                return cell;
            });
            for (Place place : old.cells.keySet()) {
                if (!cells.containsKey(place)) {
                    touched.accept(place);
                }
            }
            before = old;
        }

        PluginSlot slot(String name, List<Cell> where) {
            PluginSlot slot = slots.get(where);
            if (slot == null) {
                PluginSlot known = before == null ? null : before.slots.get(where);
                slot = known == null ? PluginIndex.slot(name, factory, where) : known;
                slots.put(where, slot);
            }
            return slot;
        }
    }

    /** The plugins and what they lead to: the very same service and balancer. */
    private record ChainKey(List<PluginSlot> slots, Same service, Same balancer) {}

    /** An object that equals itself only. */
    private record Same(@Nullable Object object) {
        @Override
        @SuppressWarnings("ReferenceEquality")
        public boolean equals(@Nullable Object other) {
            return other instanceof Same that && that.object == object;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(object);
        }
    }

    private final Map<String, Named> byName = new TreeMap<>();
    private final Map<ChainKey, Chain> chains = new HashMap<>();
    private final Set<String> touchedRoutes = new HashSet<>();
    private final Set<String> touchedServices = new HashSet<>();
    private boolean touchesAll;
    private @Nullable PluginIndex before;

    /**
     * Sorts instances by where they apply.
     *
     * @param before that of the snapshot before, until {@link #settle}; null when there is none
     */
    PluginIndex(Collection<SnapshotBuilder.Placed> placed, @Nullable PluginIndex before) {
        this.before = before;
        for (SnapshotBuilder.Placed one : placed) {
            PluginEntity entity = one.entity();
            BoundPlugin plugin = one.plugin();
            Named named = byName.computeIfAbsent(
                    entity.name(), name -> new Named(plugin.known().factory()));
            Cell cell =
                    named.cells.computeIfAbsent(new Place(entity.routeId(), entity.serviceId()), place -> new Cell());
            String group = entity.consumerGroupId();
            if (entity.consumerId() != null) {
                cell.byConsumer.put(entity.consumerId(), plugin.instance());
            } else if (group != null) {
                cell.byGroup.put(group, plugin.instance());
            } else {
                cell.anyone = one;
            }
        }
        if (before == null) {
            touchesAll = true;
            return;
        }
        byName.forEach((name, named) -> {
            Named old = before.byName.get(name);
            if (old != null && old.factory == named.factory) {
                named.takeOver(old, this::touch);
            } else {
                named.cells.keySet().forEach(this::touch);
            }
        });
        before.byName.forEach((name, old) -> {
            Named named = byName.get(name);
            if (named == null || named.factory != old.factory) {
                old.cells.keySet().forEach(this::touch);
            }
        });
    }

    private void touch(Place place) {
        if (place.route != null) {
            touchedRoutes.add(place.route);
        } else if (place.service != null) {
            touchedServices.add(place.service);
        } else {
            touchesAll = true;
        }
    }

    /** Whether other plugins than in the snapshot before may apply to any route; not once it is settled. */
    boolean touchesAll() {
        return touchesAll;
    }

    /** The ids of routes to which other plugins apply than in the snapshot before; none once it is settled. */
    Set<String> touchedRoutes() {
        return Collections.unmodifiableSet(touchedRoutes);
    }

    /** The ids of services to whose routes other plugins may apply; none once it is settled. */
    Set<String> touchedServices() {
        return Collections.unmodifiableSet(touchedServices);
    }

    /**
     * The snapshot is made: lets go of the one before, whose instances may be of a plugin that is to be unloaded.
     *
     * @param routes how many there are
     */
    void settle(int routes) {
        before = null;
        touchesAll = false;
        touchedRoutes.clear();
        touchedServices.clear();
        for (Named named : byName.values()) {
            named.before = null;
        }
        if (chains.size() > 2 * routes + SPARE) {
            chains.clear();
        }
    }

    /** The slots of a route, or of requests without one. */
    List<PluginSlot> slots(@Nullable String route, @Nullable String service) {
        List<PluginSlot> slots = new ArrayList<>(byName.size());
        byName.forEach((name, named) -> {
            Cell both = route == null || service == null ? Cell.EMPTY : named.at(route, service);
            Cell ofRoute = route == null ? Cell.EMPTY : named.at(route, null);
            Cell ofService = service == null ? Cell.EMPTY : named.at(null, service);
            Cell everywhere = named.at(null, null);
            List<Cell> cells = List.of(both, ofRoute, ofService, everywhere);
            boolean any = false;
            for (Cell cell : cells) {
                any |= cell != Cell.EMPTY;
            }
            if (any) {
                slots.add(named.slot(name, cells));
            }
        });
        return slots;
    }

    private static PluginSlot slot(String name, PluginFactory<?> factory, List<Cell> cells) {
        PluginSlot.Ordering ordering = PluginSlot.Ordering.NONE;
        for (Cell cell : cells) {
            if (cell.anyone != null) {
                ordering = Orderings.of(cell.anyone.entity());
                break;
            }
        }
        return new PluginSlot(
                name,
                factory.priority(),
                factory.outerPriority(),
                ordering,
                cells.get(0).tier(),
                cells.get(1).tier(),
                cells.get(2).tier(),
                cells.get(3).tier());
    }

    /** The chain of a route: the one of another route with the same plugins and the same service, where there is one. */
    Chain chain(
            @Nullable String route,
            @Nullable ServiceFacts service,
            @Nullable Balancer balancer,
            Supplier<Next> innermost) {
        List<PluginSlot> slots = slots(route, service == null ? null : service.id());
        ChainKey key = new ChainKey(slots, new Same(service), new Same(balancer));
        Chain chain = chains.get(key);
        if (chain == null) {
            Chain known = before == null ? null : before.chains.get(key);
            chain = known == null ? new Chain(slots, innermost.get()) : known;
            chains.put(key, chain);
        }
        return chain;
    }
}
