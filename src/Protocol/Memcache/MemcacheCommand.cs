namespace Screening.Protocol.Memcache;

/// <summary>The commands of memcached's text protocol (memcached, doc/protocol.txt) that are distinguished.</summary>
public enum MemcacheCommand : byte
{
    /// <summary>None of these; answered with <c>ERROR</c>, and the connection is closed.</summary>
    Unknown,

    /// <summary><c>get KEY...</c></summary>
    Get,

    /// <summary><c>gets KEY...</c>: as get, with a number that nothing here needs.</summary>
    Gets,

    /// <summary><c>set KEY FLAGS EXPTIME BYTES [noreply]</c> and a data block.</summary>
    Set,

    /// <summary><c>add</c>: set if it is not there.</summary>
    Add,

    /// <summary><c>replace</c>: set if it is there.</summary>
    Replace,

    /// <summary><c>append</c>, <c>prepend</c>, <c>cas</c>: they bring a data block, and are refused.</summary>
    OtherStorage,

    /// <summary><c>delete KEY [noreply]</c></summary>
    Delete,

    /// <summary><c>touch KEY EXPTIME [noreply]</c></summary>
    Touch,

    /// <summary><c>version</c></summary>
    Version,

    /// <summary><c>stats [...]</c></summary>
    Stats,

    /// <summary><c>verbosity LEVEL [noreply]</c></summary>
    Verbosity,

    /// <summary><c>flush_all [...]</c></summary>
    FlushAll,

    /// <summary><c>mn</c>: meta no-op, which tools use as a ping.</summary>
    MetaNoOp,

    /// <summary>A command of memcached without a data block that is not supported: <c>incr</c>, <c>gat</c> and the like.</summary>
    NotOffered,

    /// <summary><c>quit</c></summary>
    Quit,
}
