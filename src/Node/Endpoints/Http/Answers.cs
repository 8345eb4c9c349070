using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Diagnostics;
using Screening.Node.Api;

namespace Screening.Node.Endpoints.Http;

/// <summary>
/// Writes the responses of the HTTP door: JSON, or RFC 9457 problem details. A response is complete before it is sent, so that it carries
/// its length: without one, HTTP/1.0 clients cannot reuse a connection and a HEAD request learns nothing (RFC 9110 section 8.6).
/// </summary>
internal static class Answers
{
    private const string ProblemType = "application/problem+json";

    /// <summary>Responds with one JSON value, status 200.</summary>
    public static Task WriteJsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> shape) =>
        WriteAsync(context, "application/json; charset=utf-8", JsonSerializer.SerializeToUtf8Bytes(value, shape));

    /// <summary>Responds with octets that are complete.</summary>
    public static Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>Responds with problem details.</summary>
    /// <param name="status">An HTTP status of 400 or more.</param>
    /// <param name="title">The status in words, the same for every problem of this status.</param>
    /// <param name="detail">What is wrong with this request.</param>
    /// <param name="errors">All faults, where a request can have more than one.</param>
    public static Task ProblemAsync(HttpContext context, int status, string title, string detail, IReadOnlyList<string>? errors = null)
    {
        context.Response.StatusCode = status;
        var type = TypedResults.Problem(statusCode: status).ProblemDetails.Type; // ASP.NET knows the page of each status.
        var problem = new Problem(type, title, status, detail, errors);
        return WriteAsync(context, ProblemType, JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Default.Problem));
    }

    /// <summary>Responds with status 400.</summary>
    public static Task BadRequestAsync(HttpContext context, string detail, IReadOnlyList<string>? errors = null) =>
        ProblemAsync(context, StatusCodes.Status400BadRequest, "Bad request", detail, errors);

    /// <summary>
    /// Gives problem details to a response that routing left empty: an unknown path, or a method that its path does not have.
    /// </summary>
    public static Task DescribeAsync(StatusCodeContext empty)
    {
        var context = empty.HttpContext;
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ProblemAsync(
                context, StatusCodes.Status404NotFound, "Not found", "there is nothing at this path"),
            StatusCodes.Status405MethodNotAllowed => ProblemAsync(
                context, StatusCodes.Status405MethodNotAllowed, "Method not allowed", $"this path takes {context.Response.Headers.Allow}"),
            var status => ProblemAsync(context, status, "Error", $"status {status}"),
        };
    }
}
