using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace Screening.Actors.Serialization;

// Two of Akka's serializers read exceptions, and call for each the constructor of whatever type the bytes name. Cluster and sharding need
// of them only what is listed here; the rest (failures, supervision from afar, routers, configurations, poison) is not read.

/// <summary>Akka's serializer of small messages, without those that a peer has no business to send.</summary>
internal sealed class GuardedMiscSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    // Identify, ActorIdentity, an actor's reference, the watcher's heartbeat and its answer.
    private static readonly FrozenSet<string> Read = FrozenSet.Create("ID", "AID", "AR", "RWHB", "RWHR");

    private readonly MiscMessageSerializer _akka = new(system);

    public override int Identifier => 16;

    public override string Manifest(object o) => _akka.Manifest(o);

    public override byte[] ToBinary(object obj) => _akka.ToBinary(obj);

    public override object FromBinary(byte[] bytes, string manifest) => Read.Contains(manifest ?? "")
        ? _akka.FromBinary(bytes, manifest)
        : throw new SerializationException("a peer may not send this message of Akka's");
}

/// <summary>Akka's serializer of system messages, without those between a parent and children on another node: there are none.</summary>
internal sealed class GuardedSystemSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private static readonly FrozenSet<Type> Read = FrozenSet.Create(typeof(Watch), typeof(Unwatch), typeof(DeathWatchNotification));

    private readonly SystemMessageSerializer _akka = new(system);

    public override int Identifier => 22;

    public override bool IncludeManifest => true;

    public override byte[] ToBinary(object obj) => _akka.ToBinary(obj);

    public override object FromBinary(byte[] bytes, Type type) => type is not null && Read.Contains(type)
        ? _akka.FromBinary(bytes, type)
        : throw new SerializationException("a peer may not send this system message");
}
