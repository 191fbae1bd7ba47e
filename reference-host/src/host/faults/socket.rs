//! Connections whose Nth read fails, around the HTTP client's own.

use super::{Fault, Faults};
use std::io;
use std::sync::Arc;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};

#[derive(Debug)]
pub(crate) struct FaultyConnector {
    inner: DefaultConnector,
    faults: Arc<Faults>,
}

impl FaultyConnector {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        Self {
            inner: DefaultConnector::new(),
            faults,
        }
    }
}

impl Connector for FaultyConnector {
    type Out = FaultyTransport;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<()>,
    ) -> Result<Option<FaultyTransport>, ureq::Error> {
        let connected = self.inner.connect(details, chained)?;
        Ok(connected.map(|inner| FaultyTransport {
            inner,
            faults: Arc::clone(&self.faults),
        }))
    }
}

#[derive(Debug)]
pub(crate) struct FaultyTransport {
    inner: Box<dyn Transport>,
    faults: Arc<Faults>,
}

impl Transport for FaultyTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if self.faults.strikes(Fault::SocketRead) {
            return Err(ureq::Error::Io(io::ErrorKind::ConnectionReset.into()));
        }
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
