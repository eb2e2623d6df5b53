//! Lines of running containers, and commands in them.

use std::pin::Pin;
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use helios_client::{Failure, FailureKind};
use oal_ir::NodeId;

use super::{Docker, failures};
use crate::domain::job::EnvironmentRef;
use crate::domain::naming::labels;
use crate::engine::containers::Container;
use crate::engine::containers::logs::Lines;
use crate::target::{Exec, ExecQuery, LogLine, LogQuery};

/// How long a command has to end when whoever began it has gone.
const GRACE: Duration = Duration::from_secs(2);

impl Docker {
    pub(super) async fn log_lines(
        &self,
        environment: &EnvironmentRef,
        query: LogQuery,
    ) -> Result<BoxStream<'static, LogLine>, Failure> {
        let containers = self.containers(environment).await.map_err(failures::of_engine)?;
        let wanted: Vec<Container> = containers
            .into_iter()
            .filter(|container| container.label(labels::ROLE) != "run")
            .filter(|container| query.node.as_ref().is_none_or(|node| container.label(labels::NODE) == node.as_str()))
            .collect();
        if let (true, Some(node)) = (wanted.is_empty(), &query.node) {
            return Err(nothing_runs(node));
        }
        let redactor = self.redactor(environment.id);
        let follow = query.follow;
        let streams = wanted.into_iter().filter_map(|container| {
            let node: NodeId = container.label(labels::NODE).parse().ok()?;
            let replica = container.label(labels::REPLICA).parse().unwrap_or(0);
            let which = Lines { since: query.since, tail: query.tail, follow };
            let redactor = redactor.clone();
            let lines = self.engine.lines(&container.name, which).filter_map(move |line| {
                let line = line.ok().map(|line| LogLine {
                    at: line.at,
                    node: node.clone(),
                    replica,
                    stderr: line.stderr,
                    line: redactor.text(&line.text),
                });
                futures::future::ready(line)
            });
            Some(lines.boxed())
        });
        let streams: Vec<BoxStream<'static, LogLine>> = streams.collect();
        if follow {
            return Ok(stream::select_all(streams).boxed());
        }
        Ok(merged(streams).boxed())
    }

    pub(super) async fn execute(&self, environment: &EnvironmentRef, query: ExecQuery) -> Result<Exec, Failure> {
        let containers = self.containers(environment).await.map_err(failures::of_engine)?;
        let container = containers
            .into_iter()
            .filter(|container| container.is_running() && container.label(labels::ROLE) != "run")
            .filter(|container| container.label(labels::NODE) == query.node.as_str())
            .find(|container| {
                query.replica.is_none_or(|replica| container.label(labels::REPLICA) == replica.to_string())
            })
            .ok_or_else(|| match query.replica {
                Some(replica) => {
                    let message = format!("copy {replica} of `{}` does not run", query.node);
                    Failure::new(FailureKind::Start, "", message).of(query.node.clone())
                }
                None => nothing_runs(&query.node),
            })?;
        let running =
            self.engine.exec(&container.name, &query.command, query.terminal).await.map_err(failures::of_engine)?;
        let (engine, id) = (self.engine.clone(), running.id);
        let exit = {
            let (engine, id) = (engine.clone(), id.clone());
            async move {
                // The output may end a moment before the engine has the exit code.
                for _ in 0..100 {
                    match engine.exec_state(&id).await {
                        Ok((Some(code), _)) => return Some(code),
                        Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                        Err(_) => break,
                    }
                }
                None
            }
        };
        let resize = {
            let (engine, id) = (engine.clone(), id.clone());
            move |columns: u16, rows: u16| {
                let (engine, id) = (engine.clone(), id.clone());
                let told = async move { drop(engine.resize_exec(&id, columns, rows).await) };
                Box::pin(told) as Pin<Box<dyn Future<Output = ()> + Send>>
            }
        };
        let end = async move { engine.end_exec(&id, GRACE).await };
        Ok(Exec {
            output: running.output,
            input: running.input,
            resize: Box::new(resize),
            exit: Box::pin(exit),
            end: Box::pin(end),
        })
    }
}

/// Lines of several containers by their time, one of each in memory.
fn merged(streams: Vec<BoxStream<'static, LogLine>>) -> impl Stream<Item = LogLine> + Send {
    let heads = streams.into_iter().map(|stream| (None, stream)).collect();
    stream::unfold(heads, async |mut heads: Vec<(Option<LogLine>, BoxStream<'static, LogLine>)>| {
        for (head, lines) in heads.iter_mut().filter(|(head, _)| head.is_none()) {
            *head = lines.next().await;
        }
        heads.retain(|(head, _)| head.is_some());
        let oldest = heads.iter_mut().min_by_key(|(head, _)| head.as_ref().map(|line| line.at))?;
        let line = oldest.0.take()?;
        Some((line, heads))
    })
}

fn nothing_runs(node: &NodeId) -> Failure {
    Failure::new(FailureKind::Start, "", format!("nothing of `{node}` runs")).of(node.clone())
}
