using System.IO.MemoryMappedFiles;

namespace Screening.Benchmarks.Load;

/// <summary>
/// How long the slowest list took to answer about each client, from the lists' process to the load client's: what is left of a verdict's
/// time is the node's own. One process writes, one reads when the client's verdict is there.
/// </summary>
internal sealed class AnswerTimes : IDisposable
{
    // By the lower half of the address: clients are asked about one after the other.
    private const int Clients = 1 << 16;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    /// <param name="path">The file, which is made if need be.</param>
    public AnswerTimes(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Clients * sizeof(long));
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Notes an answer that took so long, in units of Stopwatch.Frequency.</summary>
    public void Note(uint client, long ticks)
    {
        if (ticks > Of(client))
            _view.Write(At(client), ticks);
    }

    /// <summary>The slowest answer about a client so far.</summary>
    public long Of(uint client) => _view.ReadInt64(At(client));

    /// <summary>Forgets a client: another one with the same place is asked about.</summary>
    public void Clear(uint client) => _view.Write(At(client), 0L);

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static long At(uint client) => (client & (Clients - 1)) * sizeof(long);
}
