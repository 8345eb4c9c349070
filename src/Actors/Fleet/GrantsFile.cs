using System.Runtime.Serialization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Screening.Actors.Cluster;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>
/// This node's last copy of grants and bans on disk, so that bans hold from the first query of its next start on, whatever became of the
/// fleet and the store. Written anew when the copy has changed, at most once a second, and always as a whole: a crash leaves the file
/// before it.
/// </summary>
/// <remarks>
/// <code>
/// file = "screening-grants " form " " SHA-256 of the octets in hexadecimal LF octets
/// </code>
/// A file that is cut, damaged or of another form is not loaded; the fleet then provides one.
/// </remarks>
internal sealed partial class GrantsFile
{
    private const string FileName = "grants.copy";
    private const string Mark = "screening-grants";
    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly WireForm Form = WireForms.All.Single(form => form.Type == typeof(GrantsSnapshot));

    private readonly Lock _writing = new();
    private readonly string _path;
    private readonly GrantsAndBans _grants;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private GrantsVersion _written;
    private long? _writtenAt;
    private int _isDue;

    private GrantsFile(string folder, GrantsAndBans grants, TimeProvider time, ILogger log)
    {
        _path = Path.Combine(folder, FileName);
        _grants = grants;
        _time = time;
        _log = log;
    }

    /// <summary>Loads the copy of the node's last life, and keeps the file up to date from now on.</summary>
    public static GrantsFile Attach(string folder, GrantsAndBans grants, TimeProvider time, ILoggerFactory loggers)
    {
        var file = new GrantsFile(folder, grants, time, loggers.CreateLogger<GrantsFile>());
        file.Load();
        grants.Changed += file.WriteSoon;
        return file;
    }

    /// <summary>Writes the copy now, if the file is of another version.</summary>
    internal void Write()
    {
        lock (_writing)
        {
            var state = _grants.State;
            if (state.Version == _written)
                return;
            try
            {
                WriteWhole(BytesOf(state));
                _written = state.Version;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                CannotWrite(_log, _path, fault.Message);
            }

            _writtenAt = _time.GetTimestamp();
        }
    }

    private static byte[] BytesOf(GrantsState state)
    {
        var octets = Form.ToBytes(new GrantsSnapshot(state.Version, [.. state.Lines]));
        return [.. Encoding.ASCII.GetBytes($"{Mark} {Form.Manifest} {Convert.ToHexStringLower(SHA256.HashData(octets))}\n"), .. octets];
    }

    private void Load()
    {
        try
        {
            if (!File.Exists(_path))
                return;
            var state = Read(File.ReadAllBytes(_path));
            _written = state.Version;
            _grants.Load(state);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SerializationException)
        {
            CannotRead(_log, _path, fault.Message);
        }
    }

    private static GrantsState Read(ReadOnlySpan<byte> file)
    {
        var end = file.IndexOf((byte)'\n');
        var octets = file[(end + 1)..];
        if (Encoding.ASCII.GetString(file[..Math.Max(end, 0)]).Split(' ') is not [Mark, var manifest, var hash])
            throw new SerializationException("it is not a copy of grants and bans");
        if (manifest != Form.Manifest)
            throw new SerializationException($"it is of the form '{PeerText.Clean(manifest)}', which this release does not read");
        if (hash != Convert.ToHexStringLower(SHA256.HashData(octets)))
            throw new SerializationException("it is damaged");
        var snapshot = (GrantsSnapshot)PeerChecks.Kept(Form.FromBytes(octets), []);
        return GrantsState.Of(snapshot.Version, snapshot.Lines);
    }

    // Many changes at once are one write; the first after a pause is written without delay.
    private void WriteSoon()
    {
        if (Interlocked.Exchange(ref _isDue, 1) == 0)
            _ = Task.Run(WriteWhenDueAsync);
    }

    private async Task WriteWhenDueAsync()
    {
        if (_writtenAt is { } at && _time.GetElapsedTime(at) is var passed && passed < Pause)
            await Task.Delay(Pause - passed, _time).ConfigureAwait(false);
        Interlocked.Exchange(ref _isDue, 0);
        Write();
    }

    private void WriteWhole(byte[] bytes)
    {
        var draft = _path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerAndGroup;
        using (var stream = new FileStream(draft, options))
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, _path, overwrite: true);
    }

    [LoggerMessage(ClusterEventIds.GrantsFileUnread, LogLevel.Warning,
        "The copy of grants and bans {File} cannot be read, so the node starts without it: {Fault}")]
    private static partial void CannotRead(ILogger log, string file, string fault);

    [LoggerMessage(ClusterEventIds.GrantsFileUnwritten, LogLevel.Warning, "The copy of grants and bans {File} cannot be written: {Fault}")]
    private static partial void CannotWrite(ILogger log, string file, string fault);
}
